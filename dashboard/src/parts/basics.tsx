/** Small parts that every page uses. */

import type { ButtonHTMLAttributes, ComponentChildren } from 'preact'
import { useEffect, useId, useRef, useState } from 'preact/hooks'
import { after } from '../lib/clock.ts'
import { copy } from '../lib/files.ts'
import { Icon, type IconName } from './icons.tsx'

export function Card(props: {
  readonly title?: ComponentChildren
  readonly actions?: ComponentChildren
  readonly children: ComponentChildren
  readonly class?: string
}) {
  const id = useId()
  return (
    <section class={`card ${props.class ?? ''}`} aria-labelledby={props.title === undefined ? undefined : id}>
      {props.title === undefined ? null : (
        <header class="card-head">
          <h2 id={id}>{props.title}</h2>
          <div class="row">{props.actions}</div>
        </header>
      )}
      {props.children}
    </section>
  )
}

/** What is chosen in a list, beside the list. */
export function Chosen(props: {
  readonly label: string
  readonly onClose: () => void
  readonly children: ComponentChildren
}) {
  return (
    <aside class="card scroll" aria-label={props.label} tabIndex={0}>
      {props.children}
      <Button look="quiet" icon="close" onClick={props.onClose}>
        Close
      </Button>
    </aside>
  )
}

export function Badge({
  tone,
  children,
}: {
  readonly tone: 'good' | 'bad' | 'warn' | 'info' | 'plain'
  readonly children: ComponentChildren
}) {
  return <span class={`badge ${tone}`}>{children}</span>
}

export function Empty({
  icon,
  title,
  children,
}: {
  readonly icon: IconName
  readonly title: string
  readonly children?: ComponentChildren
}) {
  return (
    <div class="empty">
      <Icon name={icon} />
      <strong>{title}</strong>
      <div>{children}</div>
    </div>
  )
}

/** What went wrong, read out by screen readers. */
export function Problem({ text }: { readonly text: string | undefined }) {
  return text === undefined ? null : (
    <p class="problem" role="alert">
      <Icon name="alert" />
      <span>{text}</span>
    </p>
  )
}

export function Button(
  props: ButtonHTMLAttributes & {
    readonly icon?: IconName
    readonly look?: 'plain' | 'main' | 'danger' | 'quiet'
  },
) {
  const { icon, look = 'plain', children, class: more, ...rest } = props
  return (
    <button type="button" {...rest} class={`button ${look} ${typeof more === 'string' ? more : ''}`}>
      {icon === undefined ? null : <Icon name={icon} />}
      {children}
    </button>
  )
}

/** Copies a text, or what a function gives when it is pressed. */
export function Copy({
  text,
  label,
  shows = '',
}: {
  readonly text: string | (() => Promise<string>)
  readonly label: string
  /** What stands on the button beside its icon. Default: nothing. */
  readonly shows?: string
}) {
  const [state, setState] = useState<'' | 'done' | 'failed'>('')
  useEffect(
    () =>
      state === ''
        ? undefined
        : after(1_600, () => {
            setState('')
          }),
    [state],
  )
  const press = async (): Promise<void> => {
    try {
      setState((await copy(typeof text === 'string' ? text : await text())) ? 'done' : 'failed')
    } catch {
      setState('failed')
    }
  }
  return (
    <Button
      icon={state === 'done' ? 'check' : 'copy'}
      look={shows === '' ? 'quiet' : 'plain'}
      class="copy"
      aria-label={`Copy ${label}`}
      title={`Copy ${label}`}
      onClick={() => void press()}
    >
      <span aria-live="polite">
        {state === 'done' ? 'Copied' : state === 'failed' ? 'Not copied' : shows}
      </span>
    </Button>
  )
}

export interface Tab {
  readonly id: string
  readonly label: string
  readonly href: string
}

/** Places beside each other, as links: each has an address. */
export function Tabs({
  tabs,
  at,
  label,
}: {
  readonly tabs: readonly Tab[]
  readonly at: string
  readonly label: string
}) {
  return (
    <nav class="tabs" aria-label={label}>
      {tabs.map((tab) => (
        <a key={tab.id} href={tab.href} aria-current={tab.id === at ? 'page' : undefined}>
          {tab.label}
        </a>
      ))}
    </nav>
  )
}

/** One of a few. */
export function Choice<T extends string>(props: {
  readonly label: string
  readonly options: readonly (readonly [T, string])[]
  readonly at: T
  readonly onPick: (value: T) => void
}) {
  return (
    <div class="choice" role="group" aria-label={props.label}>
      {props.options.map(([value, label]) => (
        <button
          key={value}
          type="button"
          aria-pressed={value === props.at}
          onClick={() => {
            props.onPick(value)
          }}
        >
          {label}
        </button>
      ))}
    </div>
  )
}

/** A dialog of the browser: it holds the focus, and Escape closes it. */
export function Dialog({
  title,
  onClose,
  children,
}: {
  readonly title: string
  readonly onClose: () => void
  readonly children: ComponentChildren
}) {
  const dialog = useRef<HTMLDialogElement>(null)
  const id = useId()
  useEffect(() => {
    dialog.current?.showModal()
    // The browser would choose the first button, which closes it.
    dialog.current?.querySelector<HTMLElement>('input, select, textarea, .button.danger')?.focus()
  }, [])
  return (
    <dialog ref={dialog} aria-labelledby={id} onClose={onClose}>
      <header class="card-head">
        <h2 id={id}>{title}</h2>
        <Button icon="close" look="quiet" aria-label="Close" onClick={() => dialog.current?.close()} />
      </header>
      {children}
    </dialog>
  )
}

/** A number with its name. */
export function Tile({
  label,
  value,
  note,
  tone = 'plain',
  href,
}: {
  readonly label: string
  readonly value: ComponentChildren
  readonly note?: ComponentChildren
  readonly tone?: string
  readonly href?: string
}) {
  const inner = (
    <>
      <span class="tile-label">{label}</span>
      <span class={`tile-value ${tone}`}>{value}</span>
      <span class="tile-note">{note}</span>
    </>
  )
  return href === undefined ? (
    <div class="tile">{inner}</div>
  ) : (
    <a class="tile" href={href}>
      {inner}
    </a>
  )
}
