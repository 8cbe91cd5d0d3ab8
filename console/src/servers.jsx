/** @jsxImportSource preact */
// Servers: how each is, what it costs, and beginning one anew. Tokens: who and what takes them.
import { call } from './mcp.js'
import { Act, Bars, Share, Told, useAsked } from './parts.jsx'
import { count, duration, left, Visible } from './text.jsx'

// Tokens where somebody counts them, else about as many as so many bytes have.
const cost = minute => minute.tokens || Math.round(minute.bytes / 4)

export function Servers({ may }) {
  const { data, error, again } = useAsked('upstreams_list', {}, 3000)
  const signs = useAsked('doctor', {}, 10000)
  const bad = signs.data?.signs.filter(one => one.level !== 'good') ?? []
  return <section aria-labelledby="title">
    <header class="head"><h1 id="title">Servers</h1>
      {data && <p class="sum">{data.servers.length} servers · {data.calls} calls run · {data.streams} clients listen</p>}</header>
    {bad.length > 0 && <ul class="signs" aria-label="What needs somebody">{bad.map(one => <li key={one.what + one.text} class={one.level}>
      <b>{one.what}</b> <Visible text={one.text} />{one.remedy && <code>{one.remedy}</code>}</li>)}</ul>}
    <Told error={error} data={data} empty={data?.servers.length === 0 && 'The config has no servers.'} />
    {data && data.servers.length > 0 && <div class="scroll" tabIndex={0} role="region" aria-label="Table of servers"><table>
      <thead><tr><th>server</th><th>state</th><th class="r">p50</th><th class="r">p95</th><th class="r">calls, 1 h</th><th class="r">failed</th>
        <th>tokens, 1 h</th><th class="r">tools</th><th class="r">definitions</th>{may.admin && <th><span class="aside">actions</span></th>}</tr></thead>
      <tbody>{data.servers.map(one => <Server key={one.id} one={one} may={may} again={again} />)}</tbody>
    </table></div>}
    <Budget />
  </section>
}

function Server({ one, may, again }) {
  const minutes = one.hour.minutes.map(cost)
  const sum = minutes.reduce((a, b) => a + b, 0)
  const about = one.hour.tokens_in + one.hour.tokens_out ? '' : 'about '
  return <tr>
    <th scope="row"><b>{one.id}</b> <small>{one.kind}</small></th>
    <td><span class={`dot ${one.state}`} /> {one.state}{one.held > 0 && <a class="badge" href="#pins">{one.held} held</a>}
      {one.sandbox === 'off' && <span class="badge warn">no sandbox</span>}
      {(one.reason || one.last_error) && <small class="why"><Visible text={one.reason || one.last_error} /></small>}
      {one.next_try_ms !== undefined && <small>next try in {left(one.next_try_ms)}</small>}</td>
    <td class="r">{duration(one.hour.p50_us)}</td><td class="r">{duration(one.hour.p95_us)}</td>
    <td class="r">{count(one.hour.calls)}</td><td class={`r ${one.hour.failed ? 'bad' : ''}`}>{count(one.hour.failed)}</td>
    <td><Bars values={minutes} label={`${about}${sum} tokens in the last hour`} /> <small>{about}{count(sum)}</small></td>
    <td class="r">{one.tools}</td><td class="r">{count(one.definition_tokens)}</td>
    {may.admin && <td class="r"><Act label="Restart" name={`Restart ${one.id}`} ask="Really restart?" kind="quiet" disabled={one.state === 'disabled'}
      work={async () => { await call('upstream_restart', { server: one.id }); again() }} /></td>}
  </tr>
}

function Budget() {
  const { data, error } = useAsked('budget', {}, 10000)
  const tools = [...(data?.tools ?? [])].sort((a, b) => b.results + b.arguments - a.results - a.arguments).slice(0, 20)
  const callers = [...(data?.callers ?? [])].map(one => ({ ...one, sum: one.definitions + one.search + one.arguments + one.results }))
    .sort((a, b) => b.sum - a.sum).slice(0, 20)
  const most = Math.max(1, ...tools.map(one => one.results + one.arguments))
  const mostOf = Math.max(1, ...callers.map(one => one.sum))
  const limits = Object.entries(data?.limits ?? {})
  return <>
    <h2>Tokens</h2>
    {limits.length > 0 && <p class="sum">Limits: {limits.map(([key, value]) => `${key} ${value === true ? '' : count(value)}`).join(' · ')}</p>}
    <Told error={error} data={data} empty={data && !tools.length && !callers.length && 'Nothing was counted yet.'} />
    <div class="pair">
      {tools.length > 0 && <div class="scroll" tabIndex={0} role="region" aria-label="Tokens of tools"><table><caption>By tool</caption>
        <thead><tr><th>tool</th><th class="r">calls</th><th class="r">tokens</th><th><span class="aside">share</span></th></tr></thead>
        <tbody>{tools.map(one => <tr key={one.server + one.tool}><th scope="row">{one.server} <b>{one.tool}</b></th><td class="r">{count(one.calls)}</td>
          <td class="r">{one.exact ? '' : '≈'}{count(one.results + one.arguments)}</td>
          <td><Share value={one.results + one.arguments} most={most} label={`of ${one.tool}`} /></td></tr>)}</tbody></table></div>}
      {callers.length > 0 && <div class="scroll" tabIndex={0} role="region" aria-label="Tokens of callers"><table><caption>By caller</caption>
        <thead><tr><th>caller</th><th class="r">definitions</th><th class="r">tokens</th><th><span class="aside">share</span></th></tr></thead>
        <tbody>{callers.map(one => <tr key={one.caller}><th scope="row">{one.caller}</th><td class="r">{count(one.definitions)}</td><td class="r">{count(one.sum)}</td>
          <td><Share value={one.sum} most={mostOf} label={`of ${one.caller}`} /></td></tr>)}</tbody></table></div>}
    </div>
  </>
}
