/** @jsxImportSource preact */
// What servers changed behind your back: side by side, nothing hidden.
import { useState } from 'preact/hooks'
import { call } from './mcp.js'
import { Act, Told, useAsked } from './parts.jsx'
import { difference, plain, Visible } from './text.jsx'

export function Pins({ may }) {
  const held = useAsked('pins_diff', {}, 5000)
  const list = useAsked('pins_list', {}, 15000)
  const all = held.data?.held ?? []
  const again = () => { held.again(); list.again() }
  return <section aria-labelledby="title">
    <header class="head"><h1 id="title">Pins</h1><p class="sum" aria-live="polite">{held.data ? `${all.length} held back` : ''}{list.data?.lock ? ' · gatehouse.lock is the truth' : ''}</p></header>
    <Told error={held.error} data={held.data} empty={held.data && all.length === 0 && 'Nothing is held back: every definition is as it was trusted.'} />
    {all.map(one => <Held key={`${one.server} ${one.difference.kind} ${one.difference.name}`} one={one} may={may} again={again} />)}
    <Trusted data={list.data} error={list.error} />
  </section>
}

function Held({ one, may, again }) {
  const { change, kind, name, fields, more_fields: more } = one.difference
  const title = name || kind
  return <article class="card" aria-label={`${one.server} ${title}`}>
    <h2><b>{one.server}</b> <Visible text={title} /> <small>{kind}, {change}</small></h2>
    <p class="why"><Visible text={one.reason} /></p>
    {fields.map(field => <Field key={field.where} field={field} />)}
    {more > 0 && <p>and {more} places more: <code>gatehouse pins diff {one.server}</code></p>}
    {may.admin && <div class="tools"><Act label="Approve this" name={`Approve this: ${one.server} ${title}`} ask="Trust what is on the right?" kind="good"
      work={async () => { await call('pins_approve', { server: one.server, names: [title] }); again() }} /></div>}
  </article>
}

function Field({ field }) {
  const before = plain(field.before), after = plain(field.after)
  const parts = difference(before, after)
  return <div class="field">
    <h3><code>{field.where || '/'}</code> {field.meaning}</h3>
    <div class="sides">
      <div><span class="aside">approved:</span><pre tabIndex={0}>{field.before === null ? <i>not there</i> : <><Visible text={parts.before[0]} /><del><Visible text={parts.before[1]} /></del><Visible text={parts.before[2]} /></>}</pre></div>
      <div><span class="aside">now:</span><pre tabIndex={0}>{field.after === null ? <i>not there any more</i> : <><Visible text={parts.after[0]} /><ins><Visible text={parts.after[1]} /></ins><Visible text={parts.after[2]} /></>}</pre></div>
    </div>
  </div>
}

function Trusted({ data, error }) {
  const [wanted, setWanted] = useState('')
  const text = wanted.toLowerCase()
  const fits = (data?.pins ?? []).filter(one => `${one.server} ${one.kind} ${one.name} ${one.state}`.toLowerCase().includes(text))
  return <>
    <h2>All pins</h2>
    <Told error={error} data={data} empty={data?.pins.length === 0 && 'Nothing was seen yet.'} />
    {data?.pins.length > 0 && <>
      <div class="tools"><input type="search" aria-label="Filter pins" placeholder="Filter" value={wanted} onInput={event => setWanted(event.currentTarget.value)} />
        <small>{fits.length} of {data.pins.length}</small></div>
      <div class="scroll" tabIndex={0} role="region" aria-label="All pins"><table><thead><tr><th>server</th><th>kind</th><th>name</th><th>state</th><th>digest</th></tr></thead>
        <tbody>{fits.slice(0, 500).map(one => <tr key={one.server + one.kind + one.name + one.sha256 + one.caller}><td>{one.server}</td><td>{one.kind}</td><th scope="row"><Visible text={one.name || one.kind} /></th>
          <td><span class={`badge ${one.state === 'held' || one.state === 'objected' ? 'warn' : ''}`}>{one.state}</span></td><td><code>{one.sha256.slice(0, 12)}</code></td></tr>)}</tbody></table></div>
      {fits.length > 500 && <p class="told">The first 500 are shown; filter for the others.</p>}
    </>}
  </>
}
