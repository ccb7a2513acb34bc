/** Faults: arm one, see it fire, disarm it; recipes of several. */

import { useEffect, useState } from 'preact/hooks'
import { Badge, Button, Card, Empty, Problem } from '../parts/basics.tsx'
import { OpenFile, SearchField, TextField } from '../parts/fields.tsx'
import { useCall } from '../parts/forms.tsx'
import { call, messageOf } from '../lib/api.ts'
import { save } from '../lib/files.ts'
import { status } from '../lib/hub.ts'
import { parseRecipe, RECIPES, type Recipe } from '../lib/recipes.ts'
import type { ArmedFault, FaultDefinition, FaultType } from '../lib/types.ts'
import { useAsked } from '../lib/use-journal.ts'
import { useValue } from '../lib/value.ts'
import { FaultForm } from './fault-form.tsx'

export function FaultsPage() {
  const now = useValue(status)
  const { value: armed = [], again } = useAsked(
    () => call<readonly ArmedFault[]>('GET', '/faults'),
    [now?.totals.faultsFired, now?.faults.armed],
  )
  const { value: types = [] } = useAsked(() => call<readonly FaultType[]>('GET', '/fault-types'), [])
  return (
    <>
      <h1>Faults</h1>
      <div class="columns">
        <Catalogue types={types} onArmed={again} />
        <div class="stack">
          <Armed armed={armed} onChange={again} />
          <Recipes armed={armed} onChange={again} />
        </div>
      </div>
    </>
  )
}

function Catalogue({
  types,
  onArmed,
}: {
  readonly types: readonly FaultType[]
  readonly onArmed: () => void
}) {
  const [text, setText] = useState('')
  const [at, setAt] = useState<string | undefined>(undefined)
  const words = text.toLowerCase().split(' ')
  const found = types.filter(({ name, explain }) =>
    words.every((word) => `${name} ${explain}`.toLowerCase().includes(word)),
  )
  const groups = new Map<string, FaultType[]>()
  for (const type of found) {
    const [group = ''] = type.name.split('.')
    groups.set(group, [...(groups.get(group) ?? []), type])
  }
  useEffect(() => {
    if (at === undefined && types[0] !== undefined)
      setAt(types.find(({ name }) => name === 'mqtt.puback.withhold')?.name ?? types[0].name)
  }, [types])
  const chosen = types.find(({ name }) => name === at)
  return (
    <Card class="catalogue" title={`${String(types.length)} fault types`}>
      <div class="catalogue-parts">
        <div class="stack">
          <SearchField
            label="Search fault types"
            placeholder="puback, delay, twin …"
            value={text}
            onValue={setText}
          />
          <div class="scroll types" tabIndex={0} aria-label="Fault types" role="group">
            {[...groups].map(([group, members]) => (
              <div key={group}>
                <h3>{group}</h3>
                {members.map(({ name }) => (
                  <button
                    key={name}
                    type="button"
                    class="type mono"
                    aria-pressed={name === at}
                    onClick={() => {
                      setAt(name)
                    }}
                  >
                    {name}
                  </button>
                ))}
              </div>
            ))}
            {found.length === 0 ? <p class="faint">No fault type matches.</p> : null}
          </div>
        </div>
        {chosen === undefined ? null : <FaultForm key={chosen.name} type={chosen} onArmed={onArmed} />}
      </div>
    </Card>
  )
}

function Armed({
  armed,
  onChange,
}: {
  readonly armed: readonly ArmedFault[]
  readonly onChange: () => void
}) {
  const { failed, run } = useCall()
  const disarm = (id?: string): void => {
    run(async () => {
      await call('DELETE', id === undefined ? '/faults' : `/faults/${id}`)
      onChange()
    })
  }
  return (
    <Card
      title="Armed"
      actions={
        armed.length > 0 ? (
          <Button
            look="quiet"
            icon="trash"
            onClick={() => {
              disarm()
            }}
          >
            Disarm all
          </Button>
        ) : null
      }
    >
      <Problem text={failed === undefined ? undefined : messageOf(failed)} />
      {armed.length === 0 ? (
        <Empty icon="faults" title="No fault is armed">
          The hub behaves well. Choose a fault, or a recipe.
        </Empty>
      ) : (
        <ul class="armed" aria-live="polite">
          {armed.map(({ id, name, fired, count = 1, spent, explain }) => (
            <li key={id} class={spent ? 'spent' : ''}>
              <div class="row between">
                <strong class="mono">{name}</strong>
                <span class="row">
                  <Badge tone={spent ? 'plain' : fired > 0 ? 'warn' : 'info'}>
                    fired {fired} of {count}
                  </Badge>
                  <Button
                    look="quiet"
                    icon="close"
                    aria-label={`Disarm ${name}`}
                    title="Disarm"
                    onClick={() => {
                      disarm(id)
                    }}
                  />
                </span>
              </div>
              <p class="faint">
                {explain} {spent ? 'It will not fire again.' : ''}
              </p>
            </li>
          ))}
        </ul>
      )}
    </Card>
  )
}

function Recipes({
  armed,
  onChange,
}: {
  readonly armed: readonly ArmedFault[]
  readonly onChange: () => void
}) {
  const [opened, setOpened] = useState<readonly Recipe[]>([])
  const [name, setName] = useState('My recipe')
  const { failed, run } = useCall()
  const arm = ({ faults }: Recipe): void => {
    run(async () => {
      const ids: string[] = []
      try {
        for (const fault of faults) ids.push((await call<ArmedFault>('POST', '/faults', fault)).id)
      } catch (error) {
        // All or none.
        for (const id of ids) await call('DELETE', `/faults/${id}`)
        throw error
      } finally {
        onChange()
      }
    })
  }
  const open = (file: File): void => {
    run(async () => {
      setOpened([parseRecipe(await file.text()), ...opened])
    })
  }
  const keep = (): void => {
    const faults = armed.filter(({ spent }) => !spent).map(definitionOf)
    const recipe: Recipe = { recipe: name, faults }
    save(`${name}.json`, `${JSON.stringify(recipe, undefined, 2)}\n`, 'application/json')
  }
  return (
    <Card
      title="Recipes"
      actions={<OpenFile label="Open a file" accept=".json,application/json" look="quiet" onFile={open} />}
    >
      <Problem text={failed === undefined ? undefined : messageOf(failed)} />
      <ul class="recipes">
        {[...opened, ...RECIPES].map((recipe, at) => (
          <li key={at}>
            <span>
              <strong>{recipe.recipe}</strong>
              <span class="faint"> {recipe.about ?? recipe.faults.map(({ name }) => name).join(', ')}</span>
            </span>
            <Button
              icon="faults"
              aria-label={`Arm the recipe ${recipe.recipe}`}
              onClick={() => {
                arm(recipe)
              }}
            >
              Arm
            </Button>
          </li>
        ))}
      </ul>
      {armed.every(({ spent }) => spent) ? null : (
        <form
          class="row bottom"
          onSubmit={(event) => {
            event.preventDefault()
            keep()
          }}
        >
          <TextField
            label="Name of the recipe"
            hint="A file with what is armed now."
            required
            value={name}
            onValue={setName}
          />
          <Button type="submit" icon="save">
            Save what is armed
          </Button>
        </form>
      )}
    </Card>
  )
}

function definitionOf({
  name,
  scope,
  trigger,
  count,
  durationSeconds,
  parameters,
}: ArmedFault): FaultDefinition {
  return {
    name,
    ...(scope?.identity === undefined ? {} : { scope }),
    ...(trigger?.skip === undefined || trigger.skip === 0 ? {} : { trigger }),
    ...(count === undefined ? {} : { count }),
    ...(durationSeconds === undefined ? {} : { durationSeconds }),
    ...(Object.keys(parameters ?? {}).length === 0 ? {} : { parameters: parameters ?? {} }),
  }
}
