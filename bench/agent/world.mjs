// The world of one task: a folder with known content and a gateway before five servers that work on it.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { node, root, Scope, startGateway } from '../../tests/e2e/lib.mjs'

const files = {
  'work/README.md': '# Aurora\n\nA small lamp that follows the sun.\n\nMaintainer: Ada Park\nLicence: MIT\n',
  'work/budget.csv': 'month,amount\nJanuary,120\nFebruary,340\nMarch,95\nApril,410\nMay,60\n',
  'work/todo.txt': '[x] order glass\n[ ] solder the board\n[x] write to Bo\n[ ] paint the base\n[ ] measure light\n',
  'work/config.json': '{\n  "name": "aurora",\n  "port": 8080,\n  "debug": false,\n  "sensors": ["light", "heat", "tilt"]\n}\n',
  'work/src/main.py': 'import util\n\n# TODO: read the tilt sensor\ndef main():\n    util.blink(3)\n\nmain()\n',
  'work/src/util.py': 'def blink(times):\n    for _ in range(times):\n        print("*")\n\n# TODO: dim slowly\n# TODO: stop at night\n',
  'work/logs/app.log': Array.from({ length: 40 }, (_, i) => `${String(i).padStart(2, '0')} ${[7, 19, 33].includes(i) ? `ERROR code ${100 + i}` : 'INFO ok'}`).join('\n') + '\n',
  'work/old/draft.txt': 'The harbour was quiet.\n',
  'archive/2021.txt': 'revenue: 1200\nlamps sold: 40\n',
  'archive/2022.txt': 'revenue: 1875\nlamps sold: 61\n',
  'archive/2023.txt': 'revenue: 1640\nlamps sold: 52\n',
  'archive/letters/bo.txt': 'Dear Ada,\nthe glass comes on 14 May with the ship Selma.\nBo\n',
  'archive/letters/cleo.txt': 'Dear Ada,\nplease send two lamps to Quay 9.\nCleo\n',
  'notes/Ada Park.md': '---\ntags: [person]\nemail: ada@aurora.example\n---\nBuilds [[Aurora]]. Likes tea.\n',
  'notes/Bo Lind.md': '---\ntags: [person, supplier]\n---\nSells glass for [[Aurora]]. Phone 555-0142.\n',
  'notes/Cleo Marsh.md': '---\ntags: [person, customer]\n---\nLives at Quay 9. Knows [[Bo Lind]].\n',
  'notes/Aurora.md': '---\ntags: [project]\nstatus: testing\n---\n# Aurora\n\n## Parts\n\nGlass, board, base.\n\n## Risks\n\nThe board gets warm above 40 degrees.\n',
  'notes/Meeting.md': '---\ntags: [meeting]\n---\nWith [[Ada Park]] and [[Cleo Marsh]]: ship the first lamps in September.\n',
}
const memory = [
  { type: 'entity', name: 'Ada', entityType: 'person', observations: ['maintains Aurora', 'speaks Danish'] },
  { type: 'entity', name: 'Bo', entityType: 'person', observations: ['sells glass'] },
  { type: 'entity', name: 'Selma', entityType: 'ship', observations: ['sails from Aarhus'] },
  { type: 'relation', from: 'Bo', to: 'Ada', relationType: 'supplies' },
  { type: 'relation', from: 'Bo', to: 'Selma', relationType: 'ships with' },
]

// The world before anybody did anything, as a check sees it.
export const untouched = { text: path => files[path] ?? '', memory: () => structuredClone(memory) }

const npm = file => join(root, 'tests/npm/node_modules/@modelcontextprotocol', file)

// Starts it. Everything is given back when the scope ends.
export async function startWorld() {
  const scope = new Scope()
  try {
    const folder = scope.folder()
    const at = path => join(folder, path)
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(at(path)), { recursive: true })
      writeFileSync(at(path), text)
    }
    writeFileSync(at('memory.jsonl'), memory.map(one => JSON.stringify(one)).join('\n') + '\n')
    const gateway = await startGateway(scope, {
      code: { write: true },
      servers: {
        everything: { command: [node, npm('server-everything/dist/index.js')] },
        filesystem: { command: [node, npm('server-filesystem/dist/index.js'), at('work')], sandbox: { write: [at('work')] } },
        memory: { command: [node, npm('server-memory/dist/index.js')], env: { MEMORY_FILE_PATH: at('memory.jsonl') }, sandbox: { write: [at('.')] } },
        archive: { builtin: 'filesystem', roots: [{ path: at('archive'), mode: 'read' }] },
        notes: { builtin: 'vault', roots: [at('notes')] },
      },
    }, { folder })
    return {
      scope, gateway, folder,
      // What a task's check looks at.
      text: path => { try { return readFileSync(at(path), 'utf8') } catch { return '' } },
      memory: () => readFileSync(at('memory.jsonl'), 'utf8').split('\n').filter(Boolean).map(line => JSON.parse(line)),
    }
  } catch (error) {
    await scope.end()
    throw error
  }
}
