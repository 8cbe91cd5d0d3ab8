/** @jsxImportSource preact */
// The audit trail: searched, and proved.
import { useState } from 'preact/hooks'
import { call } from './mcp.js'
import { Act } from './parts.jsx'
import { Visible } from './text.jsx'

export function Audit() {
  const [query, setQuery] = useState('')
  const [found, setFound] = useState(null)
  const [error, setError] = useState(null)
  const [proof, setProof] = useState(null)
  const search = async cursor => {
    setError(null)
    try {
      const page = await call('audit_search', { query, cursor: cursor ?? '' })
      setFound(old => cursor && old ? { ...page, records: [...old.records, ...(page.records ?? [])] } : page)
    } catch (why) { setError(why) }
  }
  return <section aria-labelledby="title">
    <header class="head"><h1 id="title">Audit trail</h1>
      <form class="tools" role="search" onSubmit={event => { event.preventDefault(); search() }}>
        <input type="search" aria-label="Search the audit trail" placeholder="Words: a caller, a tool, an outcome" value={query} onInput={event => setQuery(event.currentTarget.value)} />
        <button type="submit">Search</button>
        <Act label="Prove it" name="Prove it: verify the audit trail" work={async () => setProof(await call('audit_verify'))} />
      </form></header>
    {proof && <div class="card" role="status"><h2>Proof</h2><pre tabIndex={0}><Visible text={JSON.stringify(proof, null, 2)} /></pre></div>}
    {error && <p class="told bad" role="alert">{error.message}</p>}
    {!found && !error && <p class="told">Search for words, or leave them out to see the newest records.</p>}
    {found && (found.records ?? []).length === 0 && <p class="told" role="status">No record fits.</p>}
    {(found?.records ?? []).length > 0 && <ol class="records">{found.records.map((one, i) => <li key={one.id ?? one.sequence ?? i}><details>
      <summary>{[one.time, one.kind ?? one.method, one.actor ?? one.caller, one.server, one.name ?? one.subject, one.outcome].filter(Boolean).join(' · ')}</summary>
      <pre tabIndex={0}><Visible text={JSON.stringify(one, null, 2)} /></pre></details></li>)}</ol>}
    {found?.next && <button type="button" onClick={() => search(found.next)}>More</button>}
  </section>
}
