/** @jsxImportSource preact */
// How values are written: times, sizes, and text in which nothing stays hidden.

const HIDDEN = /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}\u00a0\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2000-\u200a\u202f\u205f\u2800\u3000\u3164\ufe00-\ufe0f\uffa0\u{e0000}-\u{e0fff}]/u

const code = c => 'U+' + c.codePointAt(0).toString(16).toUpperCase().padStart(4, '0')

// `text` with each character that nobody sees written out.
export function Visible({ text }) {
  const out = []
  let plain = ''
  for (const c of text ?? '') {
    if (c === '\n' || !HIDDEN.test(c)) { plain += c; continue }
    if (plain) out.push(plain)
    plain = ''
    out.push(<mark class="hid">{code(c)}</mark>)
  }
  if (plain) out.push(plain)
  return <>{out}</>
}

// Where two texts differ: what both begin and end with, and what is between.
export function difference(before, after) {
  const was = [...before], is = [...after]
  const least = Math.min(was.length, is.length)
  let head = 0, tail = 0
  while (head < least && was[head] === is[head]) ++head
  while (tail < least - head && was[was.length - 1 - tail] === is[is.length - 1 - tail]) ++tail
  const parts = runes => [runes.slice(0, head).join(''), runes.slice(head, runes.length - tail).join(''), runes.slice(runes.length - tail).join('')]
  return { before: parts(was), after: parts(is) }
}

export const plain = value => typeof value === 'string' ? value : value === null || value === undefined ? '' : JSON.stringify(value, null, 2)

const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', second: '2-digit', hour12: false })
const whole = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' })
export const time = ms => clock.format(ms)
export const moment = ms => whole.format(ms)
export const day = text => text ? text.slice(0, 10) : '—'

export function duration(us) {
  if (us === undefined) return '—'
  if (us < 1000) return `${us} µs`
  if (us < 1e6) return `${(us / 1e3).toFixed(us < 1e4 ? 1 : 0)} ms`
  return `${(us / 1e6).toFixed(1)} s`
}
export function size(bytes) {
  if (!bytes) return '0'
  if (bytes < 1024) return `${bytes} B`
  return bytes < 1 << 20 ? `${(bytes / 1024).toFixed(1)} KB` : `${(bytes / (1 << 20)).toFixed(1)} MB`
}
export const count = n => n < 10000 ? String(n ?? 0) : n < 1e6 ? `${(n / 1e3).toFixed(n < 1e5 ? 1 : 0)}k` : `${(n / 1e6).toFixed(1)}M`
export function left(ms) {
  if (ms <= 0) return 'over'
  const minutes = Math.floor(ms / 60000)
  if (minutes < 1) return `${Math.ceil(ms / 1000)} s`
  if (minutes < 120) return `${minutes} min`
  return minutes < 2880 ? `${Math.floor(minutes / 60)} h` : `${Math.floor(minutes / 1440)} days`
}
