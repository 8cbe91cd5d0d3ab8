/** @jsxImportSource preact */
// Credentials: how old they are, and when they end. Never the credentials.
import { Told, useAsked } from './parts.jsx'
import { day, left, moment } from './text.jsx'

const WARN = 14 * 86400e3

function Life({ from, to }) {
  const now = Date.now(), begin = Date.parse(from), end = Date.parse(to)
  if (!end) return <span>—</span>
  const rest = end - now
  return <span class={rest < 0 ? 'bad' : rest < WARN ? 'warned' : ''}>{day(to)} <small>{rest < 0 ? 'over' : `${left(rest)} left`}</small>
    {begin && <meter class="life" min="0" max={end - begin} value={Math.min(end, now) - begin} aria-label="how much of its life is over" />}</span>
}

export function Credentials() {
  const { data, error } = useAsked('credentials_list', {}, 15000)
  const keys = data?.keys ?? [], others = data?.others ?? []
  return <section aria-labelledby="title">
    <header class="head"><h1 id="title">Credentials</h1>{data && <p class="sum">{keys.filter(one => one.state === 'good').length} keys are good{data.wanted ? '' : ' · nobody needs one: auth: { api_keys: true } is not set'}</p>}</header>
    <Told error={error} data={data} empty={data && !keys.length && !others.length && 'There are none. gatehouse keys create NAME makes one.'} />
    {keys.length > 0 && <div class="scroll" tabIndex={0} role="region" aria-label="API keys"><table><caption>API keys</caption>
      <thead><tr><th>name</th><th>owner</th><th>state</th><th>made</th><th>ends</th><th>last use</th><th>groups</th><th>profiles</th></tr></thead>
      <tbody>{keys.map(one => <tr key={one.id}><th scope="row">{one.name}</th><td>{one.owner}</td><td><span class={`badge ${one.state === 'good' ? '' : 'warn'}`}>{one.state}</span></td>
        <td>{day(one.created)}</td><td><Life from={one.created} to={one.expires} /></td><td>{one.used ? moment(Date.parse(one.used)) : 'never'}</td>
        <td>{one.groups.join(', ') || '—'}</td><td>{one.profiles.join(', ') || '—'}</td></tr>)}</tbody></table></div>}
    {others.length > 0 && <div class="scroll" tabIndex={0} role="region" aria-label="Other credentials"><table><caption>Others</caption>
      <thead><tr><th>what</th><th>kind</th><th>issued</th><th>ends</th><th>to be replaced every</th></tr></thead>
      <tbody>{others.map(one => <tr key={one.kind + one.name}><th scope="row">{one.name}</th><td>{one.kind}</td><td>{day(one.issued)}</td><td><Life from={one.issued} to={one.expires} /></td><td>{one.rotate_every ?? '—'}</td></tr>)}</tbody></table></div>}
  </section>
}
