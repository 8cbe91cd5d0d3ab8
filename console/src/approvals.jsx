/** @jsxImportSource preact */
// Calls that wait for a person, with exactly what they would do.
import { useState } from 'preact/hooks'
import { call } from './mcp.js'
import { Act, Told, useAsked } from './parts.jsx'
import { left, moment, Visible } from './text.jsx'

export function Approvals({ may }) {
  const { data, error, again } = useAsked('approvals_list', {}, 2000)
  const all = data?.approvals ?? []
  const waiting = all.filter(one => one.state === 'pending')
  const grants = all.filter(one => one.state === 'granted' || one.state === 'approved')
  const past = all.filter(one => !waiting.includes(one) && !grants.includes(one)).reverse()
  return <section aria-labelledby="title">
    <header class="head"><h1 id="title">Approvals</h1><p class="sum" aria-live="polite">{data ? `${waiting.length} wait for a person` : ''}</p></header>
    <Told error={error} data={data} empty={data && waiting.length === 0 && 'Nothing waits. Calls for which a rule says ask appear here.'} />
    {waiting.map(one => <Waiting key={one.id} one={one} may={may} again={again} />)}
    {grants.length > 0 && <><h2>Let through</h2><ul class="cards">{grants.map(one => <li class="card slim" key={one.id}>
      <p><b>{one.server}</b> <Visible text={one.name} /> for <b>{one.caller}</b> — {one.state === 'granted' ? 'this session' : 'once'}, {left(one.until - Date.now())} left. <Words one={one} /></p>
      {may.approve && <Act label="Revoke" name={`Revoke ${one.id}`} work={async () => { await call('grants_revoke', { id: one.id }); again() }} />}</li>)}</ul></>}
    {past.length > 0 && <><h2>Decided</h2><ul class="cards">{past.slice(0, 50).map(one => <li class="card slim" key={one.id}>
      <p><span class={`badge ${one.state === 'denied' ? 'warn' : ''}`}>{one.state}</span> <b>{one.server}</b> <Visible text={one.name} /> of <b>{one.caller}</b>, {moment(one.created)}. <Words one={one} /></p></li>)}</ul></>}
  </section>
}

const Words = ({ one }) => <>{one.words.map(word => <span key={word.by}>{word.agrees ? 'Approved' : 'Denied'} by {word.by}{word.reason ? `: ${word.reason}` : ''}. </span>)}</>

const people = of => [of?.group?.length && `group ${[].concat(of.group).join(', ')}`, of?.key?.length && `key ${[].concat(of.key).join(', ')}`,
  of?.user?.length && `user ${[].concat(of.user).join(', ')}`, of?.groups?.length && `group ${of.groups.join(', ')}`, of?.keys?.length && `key ${of.keys.join(', ')}`,
  of?.users?.length && `user ${of.users.join(', ')}`].filter(Boolean).join(' or ')

function Waiting({ one, may, again }) {
  const [reason, setReason] = useState('')
  const [minutes, setMinutes] = useState('0')
  const decide = (verb, more = {}) => async () => { await call(verb, { id: one.id, reason, ...more }); again() }
  return <article class="card" aria-labelledby={`h-${one.id}`}>
    <h2 id={`h-${one.id}`}><b>{one.server}</b> <Visible text={one.name} /></h2>
    <p><b>{one.caller}</b>{one.owner && ` of ${one.owner}`} wants this {one.kind}; {left(one.until - Date.now())} left.
      {people(one.approvers) && ` For ${people(one.approvers)}.`} <small>{one.rule} · <code>{one.id}</code></small></p>
    {one.words.length > 0 && <p><Words one={one} /></p>}
    <h3>Exactly these arguments</h3>
    <pre tabIndex={0}><Visible text={JSON.stringify(one.arguments ?? {}, null, 2)} /></pre>
    {may.approve && <div class="tools">
      <input aria-label={`Reason for ${one.id}`} placeholder="Reason, for the record" maxLength={500} value={reason} onInput={event => setReason(event.currentTarget.value)} />
      <select aria-label={`How long ${one.id} holds`} value={minutes} onChange={event => setMinutes(event.currentTarget.value)}>
        <option value="0">once</option><option value="15">15 min, this tool</option><option value="60">1 h, this tool</option><option value="480">8 h, this tool</option></select>
      <Act label="Approve" name={`Approve ${one.server} ${one.name}`} kind="good" work={decide('approve', minutes === '0' ? {} : { minutes: Number(minutes) })} />
      <Act label="Deny" name={`Deny ${one.server} ${one.name}`} kind="danger" work={decide('deny')} />
    </div>}
  </article>
}
