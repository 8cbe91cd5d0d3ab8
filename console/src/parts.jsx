/** @jsxImportSource preact */
// What several pages are made of: asking again and again, lists that are long, buttons that ask first, bars.
import { useCallback, useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import { call } from './mcp.js'

// Asks a verb now and every `ms`, while the page is looked at.
export function useAsked(name, args, ms = 5000) {
  const [state, setState] = useState({ data: null, error: null })
  const key = JSON.stringify(args ?? {})
  const again = useRef(() => {})
  useEffect(() => {
    const over = new AbortController()
    let timer
    const ask = async () => {
      clearTimeout(timer)
      try {
        const data = await call(name, JSON.parse(key), over.signal)
        setState({ data, error: null })
      } catch (error) {
        if (over.signal.aborted) return
        setState(old => ({ data: old.data, error }))
      }
      if (!over.signal.aborted && ms) timer = setTimeout(() => document.hidden ? wait() : ask(), ms)
    }
    const wait = () => document.addEventListener('visibilitychange', ask, { once: true, signal: over.signal })
    again.current = ask
    ask()
    return () => { over.abort(); clearTimeout(timer) }
  }, [name, key, ms])
  return { ...state, again: useCallback(() => again.current(), []) }
}

// What went wrong, or that nothing is there yet.
export function Told({ error, data, empty }) {
  if (error) return <p class="told bad" role="alert">{error.message}</p>
  if (!data) return <p class="told" role="status">Asking…</p>
  return empty ? <p class="told" role="status">{empty}</p> : null
}

// A button whose work may fail; it says so beside itself.
export function Act({ label, name, work, kind = '', ask, disabled }) {
  const [state, setState] = useState({ busy: false, sure: false, said: '' })
  const act = async () => {
    if (ask && !state.sure) return setState({ busy: false, sure: true, said: '' })
    setState({ busy: true, sure: false, said: '' })
    try {
      await work()
      setState({ busy: false, sure: false, said: '' })
    } catch (error) {
      setState({ busy: false, sure: false, said: error.message })
    }
  }
  return <span class="act">
    <button type="button" class={kind} disabled={disabled || state.busy} aria-label={name && !state.sure ? name : undefined} onClick={act}
      onBlur={() => state.sure && setState({ ...state, sure: false })}>{state.sure ? ask : label}</button>
    {state.said && <span class="bad" role="alert">{state.said}</span>}
  </span>
}

// Bars over time, and in words for who does not see them.
export function Bars({ values, label, height = 22 }) {
  const most = Math.max(1, ...values)
  const width = values.length * 3
  return <svg class="bars" width={width} height={height} viewBox={`0 0 ${width} ${height}`} role="img" aria-label={label}>
    {values.map((value, i) => value > 0 &&
      <rect x={i * 3} width="2" y={height - Math.max(1.5, value / most * height)} height={Math.max(1.5, value / most * height)} />)}
  </svg>
}

export function Share({ value, most, label }) {
  return <span class="share"><meter min="0" max={Math.max(1, most)} value={value} aria-label={label} /></span>
}

const ROW = 28

// A list of which only what is seen is drawn. `row(i)` draws one; arrows move, Enter opens. New rows come on top: who has scrolled stays
// where they are.
export function LongList({ count, added, keyOf, row, open, chosen, label }) {
  const box = useRef(null)
  const [view, setView] = useState({ top: 0, height: 600 })
  const seen = useRef(added)
  useLayoutEffect(() => {
    const look = () => setView({ top: box.current.scrollTop, height: box.current.clientHeight })
    look()
    const watch = new ResizeObserver(look)
    watch.observe(box.current)
    return () => watch.disconnect()
  }, [])
  useLayoutEffect(() => {
    const fresh = added - seen.current
    seen.current = added
    if (fresh > 0 && box.current.scrollTop > 0) box.current.scrollTop += fresh * ROW
  }, [added])
  const first = Math.max(0, Math.floor(view.top / ROW) - 4)
  const last = Math.min(count, Math.ceil((view.top + view.height) / ROW) + 4)
  const rows = []
  for (let i = first; i < last; ++i)
    rows.push(<div key={keyOf(i)} id={`row-${keyOf(i)}`} class={`row ${keyOf(i) === chosen ? 'on' : ''}`} role="option" aria-selected={keyOf(i) === chosen}
      aria-setsize={count} aria-posinset={i + 1} style={{ top: `${i * ROW}px` }} onClick={() => open(i)}>{row(i)}</div>)
  const move = event => {
    let at = -1
    for (let i = 0; i < count && at < 0; ++i) if (keyOf(i) === chosen) at = i
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: count - 1, PageDown: at + 20, PageUp: at - 20 }[event.key]
    if (to === undefined || !count) return
    event.preventDefault()
    const i = Math.min(count - 1, Math.max(0, to))
    if (i * ROW < box.current.scrollTop) box.current.scrollTop = i * ROW
    if ((i + 1) * ROW > box.current.scrollTop + box.current.clientHeight) box.current.scrollTop = (i + 1) * ROW - box.current.clientHeight
    open(i)
  }
  return <div ref={box} class="long" role="listbox" tabIndex={0} aria-label={label} onKeyDown={move}
    aria-activedescendant={chosen && rows.some(one => one.props.id === `row-${chosen}`) ? `row-${chosen}` : undefined}
    onScroll={() => setView({ top: box.current.scrollTop, height: box.current.clientHeight })}>
    <div class="tall" role="presentation" style={{ height: `${count * ROW}px` }}>{rows}</div>
  </div>
}
