/** Twins: tags, desired and reported properties with their versions and metadata. */

import type { Clock } from '../../base/clock.ts'
import type { Commits, StateDocument, StateSource } from '../contract/store/commits.ts'
import { isObject, type Json, type JsonObject } from '../../base/json.ts'
import type { IdentityRecord, IfMatch, Registry } from '../contract/registry.ts'
import type {
  TwinChange,
  TwinDocument,
  TwinImport,
  Twins,
  TwinSection,
  TwinUpdate,
} from '../contract/twins.ts'
import { checkIfMatch, twinCounter, twinEtag } from '../contract/etag.ts'
import { identityKey, type Identity } from '../contract/identity.ts'
import { Emitter } from '../../base/emitter.ts'
import { mergeAnnotated, mergePatch, NOTHING, withMore } from './merge-patch.ts'
import { HubError } from '../errors/hub-error.ts'
import { msOfTicks, utcText } from '../../base/time-text.ts'
import { namesNoChange, replacementPatch } from './twin-difference.ts'
import { importedSection } from './twin-import.ts'
import { checkPatch, checkReplacement, checkSize } from './twin-limits.ts'

export interface TwinsDependencies {
  readonly clock: Clock
  readonly registry: Registry
  readonly commits: Commits
  /** Notifies the device if it has subscribed. @param patch without `$version`. */
  notifyDesired(identity: Identity, patch: JsonObject, version: number): void
}

/** About what a twin takes in a store. */
const TWIN_BYTES = 2_048

/** A stored twin. Immutable; a change replaces it. */
interface State {
  readonly document: TwinDocument
  /** The number that the etag encodes. */
  readonly counter: number
}

export class HubTwins implements Twins, StateSource<TwinDocument> {
  readonly kind = 'twin'
  readonly #deps: TwinsDependencies
  /** Twins that were written; all others are new twins. */
  readonly #states = new Map<string, State>()
  readonly #listeners = new Emitter<[TwinChange]>()
  readonly #removals = new Emitter<[TwinDocument]>()

  constructor(deps: TwinsDependencies) {
    this.#deps = deps
    deps.commits.keep(this)
    deps.registry.onChange(({ type, record }) => {
      if (type !== 'deleted') return
      const { document } = this.#stateOf(record)
      this.#put(identityKey(record.identity), undefined)
      this.#removals.tell(document)
    })
  }

  get(identity: Identity): TwinDocument {
    return this.#state(identity).document
  }

  begin(identity: Identity, twin: TwinImport, register: () => void): void {
    const exists = this.#deps.registry.find(identity) !== undefined
    const hasTwin = twin.tags != null || twin.desired !== undefined || twin.reported !== undefined
    // The registry says what is wrong with an identity that is there already.
    if (exists || !hasTwin) {
      register()
      return
    }
    const key = identityKey(identity)
    this.#put(
      key,
      withFirstParts(
        newState(identity, identity.moduleId === undefined ? this.#deps.clock.now() : undefined),
        twin,
      ),
    )
    try {
      register()
    } catch (error) {
      this.#put(key, undefined)
      throw error
    }
  }

  patch(identity: Identity, update: TwinUpdate, ifMatch: IfMatch): TwinDocument {
    const before = this.#stateToWrite(identity, ifMatch)
    const { tags, desired } = before.document
    const newTags = update.tags === undefined ? tags : merged(tags, update.tags)
    const asked = update.desired
    const newDesired =
      asked === undefined
        ? desired
        : this.#section(
            'desired',
            asked === null ? emptied(desired) : desired,
            asked ?? {},
            desired.version,
            update.desiredMetadata,
          )
    const after = this.#write(before, { tags: newTags, desired: newDesired })
    // A cleared section is sent as a patch that deletes each of its properties.
    const patch = asked === undefined ? undefined : (asked ?? replacementPatch(desired.properties, NOTHING))
    const isNoChange = patch !== undefined && namesNoChange(desired.properties, patch)
    if (patch !== undefined && !isNoChange) this.#deps.notifyDesired(identity, patch, newDesired.version)
    if (isNoChange && update.tags === undefined) return after
    this.#tell('patched', before, after, update)
    return after
  }

  replace(identity: Identity, update: TwinUpdate, ifMatch: IfMatch): TwinDocument {
    const before = this.#stateToWrite(identity, ifMatch)
    const { tags, desired } = before.document
    if (update.tags != null) checkReplacement('tags', update.tags)
    if (update.desired != null) checkReplacement('desired', update.desired)
    const newTags = update.tags === undefined ? tags : merged(NOTHING, update.tags ?? {})
    const newDesired =
      update.desired === undefined
        ? desired
        : this.#section(
            'desired',
            emptied(desired),
            update.desired ?? {},
            desired.version,
            update.desiredMetadata,
          )
    const after = this.#write(before, { tags: newTags, desired: newDesired })
    if (update.desired !== undefined) {
      const patch = replacementPatch(desired.properties, newDesired.properties)
      this.#deps.notifyDesired(identity, patch, newDesired.version)
    }
    this.#tell('replaced', before, after, update)
    return after
  }

  overwrite(identity: Identity, { tags, desired, reported }: TwinImport, ifMatch: IfMatch): TwinDocument {
    const before = this.#stateToWrite(identity, ifMatch)
    const { document } = before
    const $lastUpdated = utcText(this.#deps.clock.now())
    const next = document.desired.version + 1
    const newDesired =
      desired && importedSection('desired', desired, { $lastUpdated, $lastUpdatedVersion: next }, next)
    const newReported =
      reported && importedSection('reported', reported, { $lastUpdated }, document.reported.version + 1)
    const after = this.#write(before, {
      tags: tags === undefined ? document.tags : merged(NOTHING, tags),
      desired: newDesired ?? document.desired,
      reported: newReported ?? document.reported,
    })
    if (newDesired !== undefined) {
      const patch = replacementPatch(document.desired.properties, newDesired.properties)
      this.#deps.notifyDesired(identity, patch, newDesired.version)
    }
    this.#tell('replaced', before, after, { tags, desired: newDesired?.properties }, newReported?.properties)
    return after
  }

  patchReported(identity: Identity, patch: Json, baseVersion?: number): number {
    const before = this.#state(identity)
    const { reported } = before.document
    if (!isObject(patch))
      throw new HubError({
        kind: 'ArgumentInvalid',
        rule: 'WIRE-TWIN-12',
        expected: 'a JSON object as the patch of reported properties',
        received: patch === null ? 'null' : Array.isArray(patch) ? 'an array' : typeof patch,
      })
    if (baseVersion !== undefined && baseVersion !== reported.version)
      throw new HubError({
        kind: 'PreconditionFailed',
        rule: 'WIRE-TWIN-11',
        expected: `$version ${String(reported.version)}, the current one of reported`,
        received: `$version ${String(baseVersion)}`,
      })
    const section = this.#section('reported', reported, patch, reported.version)
    const document = { ...before.document, version: before.document.version + 1, reported: section }
    this.#put(identityKey(identity), { document, counter: before.counter })
    if (this.#listeners.size > 0)
      this.#listeners.tell({ type: 'patched', before: before.document, twin: document, reported: patch })
    return section.version
  }

  restore(documents: readonly TwinDocument[]): void {
    for (const key of [...this.#states.keys()]) this.#put(key, undefined)
    for (const document of documents)
      this.#put(identityKey(document.identity), { document, counter: twinCounter(document.etag) })
  }

  keys(): Iterable<string> {
    return this.#states.keys()
  }

  read(key: string): TwinDocument | undefined {
    return this.#states.get(key)?.document
  }

  load(documents: readonly StateDocument<TwinDocument>[]): void {
    this.restore(documents.map(({ value }) => value))
  }

  onChange(listener: (change: TwinChange) => void): () => void {
    return this.#listeners.add(listener)
  }

  onRemove(listener: (twin: TwinDocument) => void): () => void {
    return this.#removals.add(listener)
  }

  /** Records the model that the device has announced. */
  setModelId(identity: Identity, modelId: string): void {
    const { document, counter } = this.#state(identity)
    if (document.modelId === modelId) return
    this.#put(identityKey(identity), { document: { ...document, modelId }, counter })
  }

  /** @param state undefined: it is a new twin again, or none. */
  #put(key: string, state: State | undefined): void {
    if (state === undefined) this.#states.delete(key)
    else this.#states.set(key, state)
    this.#deps.commits.changed('twin', key, TWIN_BYTES)
  }

  #state(identity: Identity): State {
    return this.#stateOf(this.#deps.registry.get(identity))
  }

  #stateOf({ identity, generationId }: IdentityRecord): State {
    return (
      this.#states.get(identityKey(identity)) ??
      newState(identity, identity.moduleId === undefined ? msOfTicks(generationId) : undefined)
    )
  }

  #stateToWrite(identity: Identity, ifMatch: IfMatch): State {
    const state = this.#state(identity)
    checkIfMatch(ifMatch, state.document.etag, {
      rule: 'WIRE-TWIN-36',
      message: () => `ETag mismatch for device ID '${identity.deviceId}'`,
    })
    return state
  }

  /** The section after a patch; its version increases by one (WIRE-TWIN-10). */
  #section(
    name: 'desired' | 'reported',
    before: TwinSection,
    patch: JsonObject,
    version: number,
    more: JsonObject = NOTHING,
  ): TwinSection {
    checkPatch(name, patch)
    const $lastUpdated = utcText(this.#deps.clock.now())
    const next = version + 1
    const stamp = name === 'desired' ? { $lastUpdated, $lastUpdatedVersion: next } : { $lastUpdated }
    const { properties, metadata } = mergeAnnotated(before, patch, stamp)
    checkSize(name, properties)
    return { properties, metadata: withMore(metadata, patch, more), version: next }
  }

  #write(
    { document, counter }: State,
    parts: Pick<TwinDocument, 'tags' | 'desired'> & Partial<Pick<TwinDocument, 'reported'>>,
  ): TwinDocument {
    const next = counter + 1
    const after = { ...document, ...parts, etag: twinEtag(next), version: document.version + 1 }
    this.#put(identityKey(document.identity), { document: after, counter: next })
    return after
  }

  #tell(
    type: TwinChange['type'],
    before: State,
    twin: TwinDocument,
    { tags, desired }: TwinUpdate,
    reported?: JsonObject,
  ): void {
    if (this.#listeners.size === 0) return
    this.#listeners.tell({
      type,
      before: before.document,
      twin,
      ...(tags === undefined ? {} : { tags }),
      ...(desired === undefined ? {} : { desired }),
      ...(reported === undefined ? {} : { reported }),
    })
  }
}

/** A time that is not set. */
const NEVER = '0001-01-01T00:00:00Z'

/**
 * Version 2, etag 1, both sections at version 1 (WIRE-TWIN-31).
 * @param createdAt epoch ms; undefined: of a new module, whose times are not set.
 */
function newState(identity: Identity, createdAt: number | undefined): State {
  const section: TwinSection = {
    properties: NOTHING,
    version: 1,
    metadata: { $lastUpdated: createdAt === undefined ? NEVER : utcText(createdAt) },
  }
  const document = {
    identity,
    etag: twinEtag(1),
    version: 2,
    modelId: '',
    tags: NOTHING,
    desired: section,
    reported: section,
  }
  return { document, counter: 1 }
}

/** The first parts of a twin: each node of them has version 1 and no time. */
function withFirstParts({ document, counter }: State, { tags, desired, reported }: TwinImport): State {
  const stamp = { $lastUpdated: NEVER }
  return {
    document: {
      ...document,
      tags: merged(NOTHING, tags ?? {}),
      desired: desired
        ? importedSection('desired', desired, { ...stamp, $lastUpdatedVersion: 1 }, 1)
        : document.desired,
      reported: reported ? importedSection('reported', reported, stamp, 1) : document.reported,
    },
    counter,
  }
}

function merged(before: JsonObject, patch: JsonObject | null): JsonObject {
  if (patch === null) return NOTHING
  checkPatch('tags', patch)
  const tags = mergePatch(before, patch)
  // A patch that is an object makes an object.
  checkSize('tags', tags as JsonObject)
  return tags as JsonObject
}

function emptied({ version }: TwinSection): TwinSection {
  return { properties: NOTHING, metadata: NOTHING, version }
}
