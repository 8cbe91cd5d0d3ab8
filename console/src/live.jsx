/** @jsxImportSource preact */
// Calls as they happen, and the whole story of one.
import { useEffect, useMemo, useRef, useState } from 'preact/hooks'
import { call, listen, read } from './mcp.js'
import { LongList } from './parts.jsx'
import { count, duration, moment, size, time, Visible } from './text.jsx'

const MOST = 100_000 // kept in the page
const DROPPED = 10_000

const WORD = { ok: 'ok', tool_error: 'tool error', rpc_error: 'error', failed: 'failed' }

// Keeps calls across visits of the page: what was seen stays.
export const book = { rows: [], first: 0, added: 0, failed: 0, next: '', lost: false, running: 0, heard: new Set(), state: 'connecting' }

function tell() { for (const heard of book.heard) heard() }

export function take(page) {
  for (const one of page.calls) {
    book.rows.push(one)
    if (one.outcome !== 'ok') ++book.failed
  }
  book.added += page.calls.length
  if (book.rows.length > MOST) { book.rows.splice(0, DROPPED); book.first += DROPPED }
  if (page.lost) book.lost = true
  book.running = page.running
  book.next = page.next
}

// Follows the gateway for as long as the console is open.
export async function follow(signal) {
  let asking = false, again = false
  const catchUp = async () => {
    if (asking) { again = true; return }
    asking = true
    try {
      do {
        again = false
        for (;;) {
          const before = book.next
          take(await read(before ? `gatehouse://calls?after=${encodeURIComponent(before)}` : 'gatehouse://calls', signal))
          tell()
          if (!before || book.next === before) break
        }
      } while (again)
    } finally { asking = false }
  }
  for (let pause = 500; !signal.aborted; pause = Math.min(pause * 2, 10000)) {
    try {
      await catchUp()
      book.state = 'live'
      tell()
      pause = 500
      await listen('gatehouse://calls', () => { catchUp().catch(() => {}) }, signal)
    } catch (error) {
      if (signal.aborted) return
      book.state = error.status === 401 || error.status === 403 ? 'signed out' : 'connecting'
      tell()
      if (book.state === 'signed out') return
    }
    await new Promise(done => setTimeout(done, pause))
  }
}

const fits = (one, wanted, failed) => (!failed || one.outcome !== 'ok') &&
  (!wanted || [one.server, one.name, one.caller, one.client, one.method, one.message].some(text => text?.toLowerCase().includes(wanted)))

// What fits, grown as rows come and made anew when the wish changes.
function useFitting(wanted, failed, paused) {
  const [, draw] = useState(0)
  const kept = useRef({ rows: [], at: 0, added: 0 })
  const fresh = useRef('')
  useEffect(() => {
    let due = null
    const heard = () => { due ??= setTimeout(() => { due = null; draw(n => n + 1) }, 100) }
    book.heard.add(heard)
    return () => { book.heard.delete(heard); clearTimeout(due) }
  }, [])
  const wish = `${failed}|${wanted}`
  const state = kept.current
  if (fresh.current !== wish) {
    fresh.current = wish
    kept.current = { rows: book.rows.filter(one => fits(one, wanted, failed)), at: book.first + book.rows.length, added: 0 }
  } else if (!paused) {
    for (let i = Math.max(0, state.at - book.first); i < book.rows.length; ++i)
      if (fits(book.rows[i], wanted, failed)) { state.rows.push(book.rows[i]); ++state.added }
    state.at = book.first + book.rows.length
    if (state.rows.length > MOST) state.rows.splice(0, DROPPED)
  }
  return kept.current
}

function Row({ one }) {
  return <>
    <span class="t">{time(one.began)}</span>
    <span class={`o ${one.outcome}`}>{WORD[one.outcome] ?? one.outcome}</span>
    <span class="n"><b>{one.server || '·'}</b>{one.name ? <> <Visible text={one.name} /></> : <i> {one.method}</i>}</span>
    <span class="w">{one.caller}</span>
    <span class="c">{one.client}</span>
    <span class="d">{duration(one.duration_us)}</span>
    <span class="s">{size(one.bytes_out)}</span>
  </>
}

// Says now and then what happened, for who hears the page.
function Spoken() {
  const [text, setText] = useState('')
  useEffect(() => {
    let before = book.added, failed = book.failed
    const timer = setInterval(() => {
      if (book.added !== before) setText(`${book.added - before} calls more, ${book.failed - failed} of them failed`)
      before = book.added
      failed = book.failed
    }, 15000)
    return () => clearInterval(timer)
  }, [])
  return <p class="aside" aria-live="polite">{text}</p>
}

export function Live() {
  const [wanted, setWanted] = useState('')
  const [failed, setFailed] = useState(false)
  const [paused, setPaused] = useState(false)
  const [chosen, setChosen] = useState(null)
  const { rows, added } = useFitting(wanted.trim().toLowerCase(), failed, paused)
  const at = i => rows[rows.length - 1 - i]
  const rate = useRate()
  return <section class="live" aria-labelledby="title">
    <header class="head">
      <h1 id="title">Live calls</h1>
      <p class="sum"><span class={`dot ${paused ? 'idle' : book.state === 'live' ? 'up' : 'open'}`} /> {paused ? 'paused' : book.state}
        {' · '}{rate} a second · {book.running} running · {count(book.added)} seen</p>
      <form class="tools" role="search" onSubmit={event => event.preventDefault()}>
        <input type="search" aria-label="Filter calls" placeholder="Filter: server, tool, caller, message" value={wanted} onInput={event => setWanted(event.currentTarget.value)} />
        <label><input type="checkbox" checked={failed} onChange={event => setFailed(event.currentTarget.checked)} /> only failed</label>
        <button type="button" aria-pressed={paused} onClick={() => setPaused(!paused)}>{paused ? 'Go on' : 'Pause'}</button>
      </form>
    </header>
    {book.lost && <p class="told" role="status">More came than this page could follow; older calls are in the audit trail.</p>}
    <div class={`split ${chosen ? 'two' : ''}`}>
      <div class="calls">
        <div class="row names" aria-hidden="true"><span class="t">began</span><span class="o">outcome</span><span class="n">server, tool</span><span class="w">caller</span><span class="c">client</span><span class="d">took</span><span class="s">size</span></div>
        {rows.length === 0 && <p class="told">{wanted || failed ? 'No call fits.' : 'No call yet. They appear here as they end.'}</p>}
        <LongList count={rows.length} added={added} keyOf={i => at(i).call} row={i => <Row one={at(i)} />} chosen={chosen}
          open={i => setChosen(at(i).call)} label="Calls, the newest first" />
      </div>
      {chosen && <Story id={chosen} close={() => setChosen(null)} />}
    </div>
    <Spoken />
  </section>
}

function useRate() {
  const [rate, setRate] = useState(0)
  useEffect(() => {
    let before = book.added
    const timer = setInterval(() => { setRate(Math.round((book.added - before) / 2)); before = book.added }, 2000)
    return () => clearInterval(timer)
  }, [])
  return rate
}

function Story({ id, close }) {
  const [{ story, error }, set] = useState({})
  useEffect(() => {
    const over = new AbortController()
    set({})
    call('call_show', { call: id }, over.signal).then(found => set({ story: found }), why => over.signal.aborted || set({ error: why }))
    return () => over.abort()
  }, [id])
  return <aside class="story" aria-label={`Call ${id}`} onKeyDown={event => event.key === 'Escape' && close()}>
    <header><h2>Call {id}</h2><button type="button" class="quiet" aria-label="Close this call" onClick={close}>✕</button></header>
    {error && <p class="told bad" role="alert">{error.message}</p>}
    {story && <Told story={story} />}
  </aside>
}

function Told({ story: one }) {
  const own = Math.max(0, one.duration_us - one.upstream_us)
  const path = useMemo(() => steps(one), [one])
  return <>
    <p class="lead"><span class={`o ${one.outcome}`}>{WORD[one.outcome]}</span> {one.code && <code>{one.code}</code>} <b>{one.server}</b> <Visible text={one.name || one.method} /></p>
    {one.message && <p class="why"><Visible text={one.message} /></p>}
    <h3>Time</h3>
    <Bar own={own} upstream={one.upstream_us} />
    <h3>Path</h3>
    <ol class="path">{path.map(([what, value]) => <li key={what}><span>{what}</span><b><Visible text={value} /></b></li>)}</ol>
    <h3>Size</h3>
    <p>{size(one.bytes_in)} in, {size(one.bytes_out)} out{one.tokens_out || one.tokens_in ? ` · ${count(one.tokens_in ?? 0)} tokens in, ${count(one.tokens_out ?? 0)} out` : ''}</p>
    {one.trace && <><h3>Trace</h3><p><code class="copy">{one.trace}</code></p></>}
    {one.arguments && <><h3>Arguments</h3><pre tabIndex={0}><Visible text={pretty(one.arguments)} /></pre></>}
    {one.result && <><h3>Result</h3><pre tabIndex={0}><Visible text={pretty(one.result)} /></pre></>}
    {one.inner && <><h3>Calls within</h3><ul class="inner">{one.inner.map(inner => <li key={inner.call}><code>{inner.call}</code> {inner.server} {inner.name} · {WORD[inner.outcome]} · {duration(inner.duration_us)}</li>)}</ul></>}
  </>
}

function Bar({ own, upstream }) {
  const whole = Math.max(1, own + upstream)
  return <div class="timing">
    <svg viewBox="0 0 100 8" preserveAspectRatio="none" role="img" aria-label={`${duration(own)} in the gateway, ${duration(upstream)} at the server`}>
      <rect class="own" width={Math.max(0.6, own / whole * 100)} height="8" /><rect class="far" x={own / whole * 100} width={upstream / whole * 100} height="8" />
    </svg>
    <p><span class="key own" /> gateway {duration(own)} <span class="key far" /> server {duration(upstream)} <b>{duration(own + upstream)}</b></p>
  </div>
}

function steps(one) {
  const from = [one.transport, one.address].filter(Boolean).join(' from ')
  return [
    ['began', moment(one.began)],
    ['client', [one.client, one.revision, from].filter(Boolean).join(' · ')],
    ['caller', [one.caller, one.owner && `of ${one.owner}`].filter(Boolean).join(' ')],
    ['session', one.session],
    ['within', one.parent],
    ['rules', [one.decision, one.rule].filter(Boolean).join(' by ')],
    ['approval', one.approval],
    ['pin', one.pin?.slice(0, 16)],
    ['server', [one.server, one.server_revision].filter(Boolean).join(' · ')],
    ['method', one.method],
  ].filter(([, value]) => value)
}

function pretty(text) {
  try { return JSON.stringify(JSON.parse(text), null, 2) } catch { return text }
}
