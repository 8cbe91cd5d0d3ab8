// Two instances of a gateway behind nginx, which sends requests to one and the other in turn, over one PostgreSQL.
// As a program: `node pair.mjs CONFIG [PORT]` starts such a pair from a config (its listen, store, state_keys and peers are replaced),
// prints its URL, and ends with its stdin.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { randomBytes } from 'node:crypto'
import { freePort, root, Scope, startGateway, within } from './lib.mjs'

const nginx = ['/usr/sbin/nginx', '/usr/bin/nginx'].find(existsSync)

// Why a pair cannot be started here; undefined when it can.
export const lacking = !nginx ? 'nginx is not installed: script/setup test' : !existsSync('/usr/lib/postgresql') ? 'PostgreSQL is not installed: script/setup test' : undefined

// A PostgreSQL server of its own: its URL.
export async function startPostgres(scope) {
  const { GATEHOUSE_TEST_POSTGRES: _, ...rest } = process.env
  const program = scope.run('env', ['-u', 'GATEHOUSE_TEST_POSTGRES', join(root, 'script/postgres'), 'bash', '-c', 'echo "at $GATEHOUSE_TEST_POSTGRES"; cat'],
    { stdin: 'pipe', env: rest, name: 'PostgreSQL' })
  // It has a folder to clean up: it is not killed.
  scope.defer(async () => { program.child.stdin.end(); await program.end() })
  const [, url] = await program.wrote(/^at (postgres:.*)$/m, 60000)
  return url
}

export async function startNginx(scope, backends, port) {
  const folder = scope.folder()
  const file = join(folder, 'nginx.conf')
  const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(name => `${name}_temp_path ${folder}/${name};`).join(' ')
  writeFileSync(file, `
    ${process.getuid() === 0 ? 'user root;' : ''}
    daemon off; master_process off; pid ${folder}/pid; error_log stderr warn;
    events { worker_connections 4096; }
    http {
      access_log off; ${paths}
      upstream gateway { ${backends.map(one => `server 127.0.0.1:${one} max_fails=0;`).join(' ')} }
      server {
        listen 127.0.0.1:${port};
        location / {
          proxy_pass http://gateway;
          proxy_http_version 1.1;
          proxy_set_header Connection "";
          proxy_set_header Host $http_host;
          proxy_buffering off;
          proxy_read_timeout 1h;
        }
      }
    }`)
  const program = scope.run(nginx, ['-p', folder, '-c', file, '-e', 'stderr'], { name: 'nginx' })
  const up = async () => {
    for (;;) {
      if (program.status) throw new Error(`nginx ended: ${program.output}`)
      try { await fetch(`http://127.0.0.1:${port}/healthz`); return } catch { await new Promise(done => setImmediate(done)) }
    }
  }
  await within(15000, 'nginx', up())
  return program
}

// `config`: what both have. Gives {url, server, instances}; an instance is what startGateway gives.
export async function startPair(scope, config, { port } = {}) {
  const store = await startPostgres(scope)
  const ports = [await freePort(), await freePort()]
  port ??= await freePort()
  const shared = { ...config, store, state_keys: [randomBytes(32).toString('base64')], peers: ports.map(one => `127.0.0.1:${one}`) }
  const folders = ports.map(() => scope.folder())
  const start = i => startGateway(scope, shared, { folder: folders[i], port: ports[i] })
  const instances = await Promise.all([0, 1].map(start))
  // Both know each other.
  await Promise.all(instances.map(one => one.wrote(/peer found/)))
  await startNginx(scope, ports, port)
  const base = `http://127.0.0.1:${port}`
  return {
    base, url: `${base}/mcp`, server: id => `${base}/mcp/s/${id}`, instances,
    get: async path => { const response = await fetch(base + path); return { status: response.status, text: await response.text() } },
    // Starts an instance that was killed once more.
    async restart(i) { instances[i] = await start(i) },
    log: () => instances.map(one => one.log()).join('\n--- the other ---\n'),
  }
}

if (process.argv[1] && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const [file, port] = process.argv.slice(2)
  if (lacking) throw new Error(lacking)
  process.chdir(dirname(resolve(file)))
  const scope = new Scope()
  const pair = await startPair(scope, JSON.parse(readFileSync(resolve(file), 'utf8')), { port: port && Number(port) })
  console.log(pair.url)
  process.stdin.resume().once('end', () => scope.end().then(() => process.exit(0)))
  for (const signal of ['SIGTERM', 'SIGINT']) process.once(signal, () => scope.end().then(() => process.exit(0)))
}
