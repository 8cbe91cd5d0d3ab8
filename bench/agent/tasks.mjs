// Fifty tasks. Each says what is wanted and how to see, without a model, whether it was done: by the answer (a pattern) or by the world after it.
// No task names a tool.
const has = (world, path, pattern) => pattern.test(world.text(path))
const entity = (world, name) => world.memory().find(one => one.type === 'entity' && one.name === name)
const relation = (world, from, to) => world.memory().some(one => one.type === 'relation' && one.from === from && one.to === to)
const observed = (world, name, pattern) => entity(world, name)?.observations.some(text => pattern.test(text)) ?? false

export const tasks = [
  // Small things that only need the right tool.
  { id: 'sum', wants: 'Add 1234.5 and 8765.25 with a tool, not in your head.', answer: /9,?999\.75/ },
  { id: 'sum-of-sums', wants: 'With a tool, add 17 and 25, and then add 100 to what comes out.', answer: /\b142\b/ },
  { id: 'echo', wants: 'Have "quiet harbour 42" echoed and say exactly what came back.', answer: /quiet harbour 42/i },
  { id: 'weather', wants: 'What weather conditions are reported for Chicago?', answer: /drizzle/i },
  { id: 'weather-number', wants: 'Which humidity is reported for Los Angeles?', answer: /\b48\b/ },
  { id: 'weather-compare', wants: 'Of New York, Chicago and Los Angeles, which is reported to be the warmest, and how warm?', answer: /Los Angeles[^]*\b73\b|\b73\b[^]*Los Angeles/i },
  { id: 'long-work', wants: 'Run the long running operation for 1 second in 2 steps and say what it reports.', answer: /complet|finish|done/i },

  // Reading files.
  { id: 'maintainer', wants: 'Who maintains the project, according to the README in the work folder?', answer: /Ada Park/ },
  { id: 'port', wants: 'Which port does config.json in the work folder set?', answer: /\b8080\b/ },
  { id: 'sensors', wants: 'How many sensors does config.json in the work folder list, and which is the last?', answer: /(3|three)[^]*tilt|tilt[^]*(3|three)/i },
  { id: 'errors', wants: 'Which error codes stand in logs/app.log in the work folder?', answer: /(?=[^]*107)(?=[^]*119)(?=[^]*133)/ },
  { id: 'last-line', wants: 'What number does the last line of logs/app.log in the work folder begin with?', answer: /\b39\b/ },
  { id: 'python-files', wants: 'Which Python files are in the work folder, at any depth?', answer: /(?=[^]*main\.py)(?=[^]*util\.py)/ },
  { id: 'todos', wants: 'How many TODO comments are in the Python files of the work folder altogether?', answer: /\b(3|three)\b/i },
  { id: 'budget-sum', wants: 'What do the amounts in budget.csv in the work folder add up to?', answer: /1,?025/ },
  { id: 'budget-month', wants: 'Which month in budget.csv in the work folder is the most expensive?', answer: /April/ },
  { id: 'open-items', wants: 'Which items of todo.txt in the work folder are not done yet?', answer: /(?=[^]*solder)(?=[^]*paint)(?=[^]*measure)/i },
  { id: 'tree', wants: 'Which folders are directly in the work folder?', answer: /(?=[^]*src)(?=[^]*logs)(?=[^]*old)/ },

  // Changing files.
  { id: 'write', wants: 'Write a file hello.txt with the text "good morning" into the work folder.', done: world => has(world, 'work/hello.txt', /good morning/) },
  { id: 'make-folder', wants: 'Make a folder reports in the work folder and put an empty.txt with one full stop into it.', done: world => has(world, 'work/reports/empty.txt', /^\.\s*$/) },
  { id: 'edit-port', wants: 'Change the port in config.json in the work folder to 9090 and leave the rest as it is.', done: world => has(world, 'work/config.json', /"port": 9090,\n {2}"debug": false/) },
  { id: 'tick', wants: 'Mark "paint the base" as done in todo.txt in the work folder.', done: world => has(world, 'work/todo.txt', /\[x\] paint the base/) && has(world, 'work/todo.txt', /\[ \] measure light/) },
  { id: 'move', wants: 'Move old/draft.txt in the work folder to draft.txt directly in it.', done: world => has(world, 'work/draft.txt', /harbour/) && world.text('work/old/draft.txt') === '' },
  { id: 'add-line', wants: 'Add the month June with the amount 75 to budget.csv in the work folder.', done: world => has(world, 'work/budget.csv', /May,60\s+June,75/) },
  { id: 'rename-function', wants: 'In the Python files of the work folder, rename the function blink to flash, everywhere.', done: world => has(world, 'work/src/main.py', /util\.flash\(3\)/) && has(world, 'work/src/util.py', /def flash/) },
  { id: 'summary', wants: 'Write total.txt into the work folder: only the sum of the amounts in budget.csv.', done: world => has(world, 'work/total.txt', /^\s*1025\s*$/) },

  // The archive.
  { id: 'revenue', wants: 'What was the revenue in 2022, according to the archive?', answer: /1,?875/ },
  { id: 'best-year', wants: 'In which year did the archive record the most lamps sold, and how many?', answer: /2022[^]*\b61\b|\b61\b[^]*2022/ },
  { id: 'revenue-sum', wants: 'What is the revenue of all years in the archive together?', answer: /4,?715/ },
  { id: 'ship', wants: 'Which ship brings the glass, and on what day, according to the letters in the archive?', answer: /(?=[^]*Selma)(?=[^]*14)(?=[^]*May)/ },
  { id: 'quay', wants: 'Which letter in the archive mentions a quay? Say who wrote it.', answer: /Cleo/ },
  { id: 'read-only', wants: 'Try to write a file into the archive folder and say whether that is possible.', answer: /not|cannot|can't|read.only|denied|refus/i, done: world => !has(world, 'archive/test.txt', /./) },

  // The notes.
  { id: 'email', wants: 'What is the e-mail address of Ada Park, according to the notes?', answer: /ada@aurora\.example/ },
  { id: 'phone', wants: 'What is the phone number of the glass supplier in the notes?', answer: /555-0142/ },
  { id: 'backlinks', wants: 'Which notes link to the note Aurora?', answer: /(?=[^]*Ada Park)(?=[^]*Bo Lind)/ },
  { id: 'risks', wants: 'Which risk does the note Aurora name?', answer: /warm|40/i },
  { id: 'tagged', wants: 'Which notes carry the tag person?', answer: /(?=[^]*Ada)(?=[^]*Bo)(?=[^]*Cleo)/ },
  { id: 'ship-date', wants: 'When shall the first lamps be shipped, according to the meeting note?', answer: /September/i },
  { id: 'status', wants: 'Which status does the front matter of the note Aurora give?', answer: /testing/i },

  // The memory.
  { id: 'recall', wants: 'What is remembered about Ada?', answer: /(?=[^]*Aurora)(?=[^]*Danish)/ },
  { id: 'relations', wants: 'How is Bo related to Ada in the memory?', answer: /suppl/i },
  { id: 'remember', wants: 'Remember a new person named Cleo who lives at Quay 9.', done: world => observed(world, 'Cleo', /Quay 9/) },
  { id: 'observe', wants: 'Add to what is remembered about Bo that he plays chess.', done: world => observed(world, 'Bo', /chess/) && observed(world, 'Bo', /glass/) },
  { id: 'relate', wants: 'Remember that Ada likes Selma, as a relation.', done: world => relation(world, 'Ada', 'Selma') },
  { id: 'forget', wants: 'Forget the ship Selma altogether.', done: world => !entity(world, 'Selma') && !relation(world, 'Bo', 'Selma') },
  { id: 'count', wants: 'How many people are in the memory, leaving ships out?', answer: /\b(2|two)\b/i },

  // Several servers in one task.
  { id: 'budget-to-memory', wants: 'Add up budget.csv in the work folder and remember the sum as an observation of a new entity named Budget.', done: world => observed(world, 'Budget', /1,?025/) },
  { id: 'notes-to-memory', wants: 'Look up the phone number of Bo Lind in the notes and add it to what is remembered about Bo.', done: world => observed(world, 'Bo', /555-0142/) },
  { id: 'archive-to-work', wants: 'Copy 2021.txt of the archive into the work folder, under the same name.', done: world => has(world, 'work/2021.txt', /revenue: 1200\s+lamps sold: 40/) },
  { id: 'report', wants: 'Write report.md into the work folder: one line for each year of the archive in the form "2021: 1200", oldest first, and a last line "total: 4715".', done: world => has(world, 'work/report.md', /2021: 1200\s+2022: 1875\s+2023: 1640\s+total: 4715\s*$/) },
]
