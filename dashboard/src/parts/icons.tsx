/** Line icons, drawn for this page. They say nothing to screen readers: a label stands beside each. */

const PATHS = {
  overview: 'M3 13h7V3H3zM14 9h7V3h-7zM14 21h7V13h-7zM3 21h7v-4H3z',
  devices: 'M7 3h10v18H7zM11 18h2',
  faults: 'M13 2 4 14h7l-1 8 9-12h-7z',
  clock: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM12 7v5l3 2',
  explain: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM9.5 9.5a2.5 2.5 0 1 1 3.5 2.3c-.6.3-1 .8-1 1.7M12 17h.01',
  wire: 'M4 4v16M20 4v16M4 8h13M14 5l3 3-3 3M20 16H7M10 13l-3 3 3 3',
  copy: 'M9 9h11v11H9zM5 15H4V4h11v1',
  check: 'm5 13 4 4L19 7',
  close: 'M6 6l12 12M18 6 6 18',
  alert: 'M12 8v5M12 16.5h.01M12 3 2 20h20z',
  plus: 'M12 5v14M5 12h14',
  trash: 'M4 7h16M9 7V4h6v3M6 7l1 13h10l1-13M10 11v6M14 11v6',
  pause: 'M8 5v14M16 5v14',
  play: 'M7 4v16l13-8z',
  save: 'M12 4v11M7 11l5 5 5-5M5 20h14',
  open: 'M12 16V5M7 9l5-5 5 5M5 20h14',
  send: 'M4 12 20 4l-5 16-4-6z',
  search: 'M11 18a7 7 0 1 0 0-14 7 7 0 0 0 0 14zM16 16l5 5',
  sun: 'M12 16a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM12 2v2M12 20v2M4 12H2M22 12h-2M5 5l1.5 1.5M17.5 17.5 19 19M19 5l-1.5 1.5M6.5 17.5 5 19',
  key: 'M15 13a5 5 0 1 0-4.6-3L3 17v4h4v-3h3v-3l2-2c.8.6 1.9 1 3 1zM16 8h.01',
  eye: 'M2 12s4-7 10-7 10 7 10 7-4 7-10 7-10-7-10-7zM12 15a3 3 0 1 0 0-6 3 3 0 0 0 0 6z',
  plot: 'M3 3v18h18M7 15l4-5 3 3 5-7',
} as const

export type IconName = keyof typeof PATHS

export function Icon({ name }: { readonly name: IconName }) {
  return (
    <svg
      class="icon"
      viewBox="0 0 24 24"
      aria-hidden="true"
      fill="none"
      stroke="currentColor"
      stroke-width="1.8"
      stroke-linecap="round"
      stroke-linejoin="round"
    >
      <path d={PATHS[name]} />
    </svg>
  )
}
