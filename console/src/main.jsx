/** @jsxImportSource preact */
// The console: who is there, which page is shown, and signing in.
import { render } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import { Approvals } from './approvals.jsx'
import { Audit } from './audit.jsx'
import { Credentials } from './credentials.jsx'
import { book, follow, Live } from './live.jsx'
import { useToken } from './mcp.js'
import { Pins } from './pins.jsx'
import { Servers } from './servers.jsx'
import './style.css'

const PAGES = [['live', 'Live', Live], ['servers', 'Servers', Servers], ['approvals', 'Approvals', Approvals], ['pins', 'Pins', Pins],
  ['credentials', 'Credentials', Credentials], ['audit', 'Audit', Audit]]
const here = () => PAGES.find(([id]) => id === location.hash.slice(1)) ?? PAGES[0]

const session = async () => (await fetch('/console/session', { cache: 'no-store' })).json()

function Console() {
  const [who, setWho] = useState(null)
  const [error, setError] = useState(null)
  const look = async () => {
    try {
      const found = await session()
      useToken(found.token)
      setWho(found)
    } catch (why) { setError(why) }
  }
  useEffect(() => { look() }, [])
  if (error) return <main class="alone"><h1>Gatehouse</h1><p class="bad" role="alert">The gateway does not answer: {error.message}</p></main>
  if (!who) return <main class="alone"><p role="status">One moment…</p></main>
  if (!who.signed_in) return <SignIn took={found => { useToken(found.token); setWho(found) }} />
  if (!who.role) return <main class="alone"><h1>Gatehouse</h1><p>You are <b>{who.name}</b>, who has no role here. Who runs this gateway can give you one:
    <code>admin: {'{'} viewers: [{'{'} key: {who.name.replace(/^key:/, '')} {'}'}] {'}'}</code></p>{who.login && <SignOut />}</main>
  return <Frame who={who} look={look} />
}

function Frame({ who, look }) {
  const [page, setPage] = useState(here)
  const main = useRef(null)
  const may = { approve: who.role !== 'viewer', admin: who.role === 'admin' }
  useEffect(() => {
    const over = new AbortController()
    follow(over.signal)
    const heard = () => { if (book.state === 'signed out') look() }
    book.heard.add(heard)
    const turned = () => { setPage(here()); main.current?.focus() }
    addEventListener('hashchange', turned)
    return () => { over.abort(); book.heard.delete(heard); removeEventListener('hashchange', turned) }
  }, [])
  useEffect(() => { document.title = `${page[1]} · Gatehouse` }, [page])
  const Page = page[2]
  return <>
    <a class="skip" href="#main" onClick={event => { event.preventDefault(); main.current.focus() }}>To the page</a>
    <header class="top">
      <a class="brand" href="#live"><img src="/console/icon.svg" alt="" width="22" height="22" /> Gatehouse</a>
      <nav aria-label="Pages"><ul>{PAGES.map(([id, name]) => <li key={id}><a href={`#${id}`} aria-current={page[0] === id ? 'page' : undefined}>{name}</a></li>)}</ul></nav>
      <p class="who">{who.name} <small>{who.role}</small> {who.login && <SignOut />}</p>
    </header>
    <main id="main" ref={main} tabIndex={-1}><Page key={page[0]} may={may} /></main>
  </>
}

function SignOut() {
  const out = async () => {
    const { token } = await session()
    await fetch('/console/logout', { method: 'POST', headers: token ? { 'x-gatehouse-console': token } : {} })
    location.replace('/console/')
  }
  return <button type="button" class="quiet" onClick={out}>Sign out</button>
}

function SignIn({ took }) {
  const [key, setKey] = useState('')
  const [said, setSaid] = useState('')
  const send = async event => {
    event.preventDefault()
    setSaid('')
    const response = await fetch('/console/login', { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ key: key.trim() }) })
    const answer = await response.json().catch(() => ({}))
    setKey('')
    if (!response.ok) return setSaid(answer.error ?? `the gateway answered ${response.status}`)
    took(answer)
  }
  return <main class="alone">
    <h1><img src="/console/icon.svg" alt="" width="34" height="34" /> Gatehouse</h1>
    <form onSubmit={send}>
      <label for="key">API key</label>
      <input id="key" type="password" autocomplete="off" required value={key} onInput={event => setKey(event.currentTarget.value)} aria-describedby="hint" />
      <p id="hint"><small><code>gatehouse keys create NAME</code> makes one. It goes to this gateway alone, and is not kept in this browser.</small></p>
      {said && <p class="bad" role="alert">{said}</p>}
      <button type="submit" class="good">Sign in</button>
    </form>
  </main>
}

render(<Console />, document.getElementById('app'))
