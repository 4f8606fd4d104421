/**
 * One environment of a project, opened with an identity. Every command that reads or writes secrets uses a
 * session.
 */
import { AppError } from "../../errors.ts";
import type { Link } from "../../vault/chains/chain.ts";
import type { EnvironmentKeys } from "../../vault/chains/environment-keys.ts";
import type { VerifiedEnvironment } from "../../vault/document/document.ts";
import { TextRecords } from "../../vault/document/text-records.ts";
import { compareLifetimes, hasVersionMark, memoryOfLifetime } from "../../vault/document/version-marks.ts";
import type { SealedRecord } from "../../vault/records/record.ts";
import { checkSignatures, openRecord, type ValidSignatures, verifyRecord } from "../../vault/records/seal.ts";
import type { LoadedVault } from "../files/vault-file.ts";
import { currentDigest } from "../files/vault-text.ts";
import {
	type CheckoutMemory,
	type DeviceMemory,
	type EnvironmentMemory,
	isWrittenHere,
	type MemoryLocation,
	noteReplaced,
	readProjectPin,
	updateMemory,
	writeProjectPin,
} from "../memory/device-state.ts";
import { recordObservation, type Snapshot } from "./provenance.ts";
import { withSameChains } from "./session-cache.ts";
import { type SessionContext, UNPROVEN_VERSION_MAX } from "./session-context.ts";

export type { SessionContext, SessionIdentity } from "./session-context.ts";

type SessionReads =
	| "open"
	| "value"
	| "nextVersion"
	| "isOfEarlierLifetime"
	| "snapshot"
	| "digest"
	| "vaultLinks";
type SessionMethods = SessionReads | "trust" | "expectAll" | "remember";

export class VaultSession {
	readonly context: SessionContext;
	readonly place: MemoryLocation;
	readonly verified: VerifiedEnvironment;
	/** The vault that the session was opened from. */
	readonly loaded: LoadedVault;
	readonly keys: EnvironmentKeys;
	readonly memory: EnvironmentMemory;
	readonly checkout: CheckoutMemory;
	/** The content and stamps of the files that `memory` and `checkout` were read from. */
	readonly stored: DeviceMemory;
	/** Sentences for the user about what this device cannot confirm. */
	readonly warnings: readonly string[];
	/** Whether the file's membership is older than the newest that this device has seen. */
	readonly membershipOlder: boolean;
	readonly #fresh: SealedRecord[] = [];
	/** Records that have a version mark, or that were verified in this session. */
	readonly #known = new Set<SealedRecord>();
	#validSignatures: ValidSignatures | undefined;

	constructor(parts: Omit<VaultSession, SessionMethods>) {
		this.context = parts.context;
		this.place = parts.place;
		this.verified = parts.verified;
		this.loaded = parts.loaded;
		this.keys = parts.keys;
		this.memory = parts.memory;
		this.checkout = parts.checkout;
		this.stored = parts.stored;
		this.warnings = parts.warnings;
		this.membershipOlder = parts.membershipOlder;
	}

	/** The hash of the vault's text that the session was opened from. */
	get digest(): string {
		return this.loaded.digest;
	}

	/** The vault's own chain. */
	get vaultLinks(): readonly Link[] {
		return this.loaded.document.links;
	}

	/** Verifies a record, unless it has a version mark. @throws AppError exit 7 */
	trust(record: SealedRecord): void {
		if (this.#isKnown(record)) return;
		verifyRecord(this.verified.state, record, this.#validSignatures);
		this.#fresh.push(record);
		this.#known.add(record);
	}

	/**
	 * Prepares `trust` and `open` for all records: checks the signatures of those without a version mark, on all cores. A
	 * record with an invalid signature is rejected when it is used.
	 * @param checked signatures of this vault that were checked before
	 */
	async expectAll(checked?: ValidSignatures): Promise<void> {
		const { section, state } = this.verified;
		const fresh = [...section.records.values()].filter((record) => !this.#isKnown(record));
		this.#validSignatures = checked ?? (await checkSignatures(state, fresh));
	}

	#isKnown(record: SealedRecord): boolean {
		if (this.#known.has(record)) return true;
		const known = this.#isOfWholeText(record) || hasVersionMark(this.memory.marks, record);
		if (known) this.#known.add(record);
		return known;
	}

	/** Whether the record is part of the opened text, and this device verified all of that text before. */
	#isOfWholeText(record: SealedRecord): boolean {
		const { section } = this.verified;
		return this.digest === this.checkout.whole && section.records.get(record.name) === record;
	}

	/**
	 * The hash of the text whose records are all verified: the current text if they are, otherwise the earlier
	 * one.
	 */
	#wholeOf(now: LoadedVault, written: Iterable<SealedRecord>): string {
		const own = new Set(written);
		const present = now.document.environments.get(this.place.environment)?.records ?? new Map();
		const { section } = this.verified;
		const changed = present instanceof TextRecords ? present.changedSince(section.records) : undefined;
		// If the whole text was verified before, only its changed records are checked.
		const records = this.digest === this.checkout.whole && changed ? changed : present.values();
		for (const record of records)
			if (!this.#isOfWholeText(record) && !own.has(record) && !this.#known.has(record))
				return this.checkout.whole;
		return now.digest;
	}

	/** Whether the file has an environment that, as this device has seen, was deleted since and created again. */
	get isOfEarlierLifetime(): boolean {
		const { pin } = this.memory;
		const links = { vault: this.vaultLinks, environment: this.verified.section.links };
		return pin !== undefined && compareLifetimes(pin, this.place.environment, links) === "earlier";
	}

	/** Verifies and opens a record. @returns the value; undefined for a tombstone @throws AppError exit 7 */
	open(record: SealedRecord): string | undefined {
		this.trust(record);
		return openRecord(this.verified.state, this.keys, record);
	}

	/** The value of a name; undefined if the name is absent or deleted. */
	value(name: string): string | undefined {
		const record = this.verified.section.records.get(name);
		return record && this.open(record);
	}

	/**
	 * 1 + the highest version of a name that the file or this device knows, forgotten versions included. The version of an
	 * invalid record is respected up to a bound: other devices may have marked it, but a removed member must not be able
	 * to use up all versions.
	 */
	nextVersion(name: string): number {
		const record = this.verified.section.records.get(name);
		const counts = record && (record.version <= UNPROVEN_VERSION_MAX || this.#holds(record));
		const inFile = counts ? record.version : 0;
		const { floors, marks } = this.memory;
		return 1 + Math.max(inFile, marks.get(name)?.version ?? 0, floors.get(name) ?? 0);
	}

	#holds(record: SealedRecord): boolean {
		try {
			this.trust(record);
			return true;
		} catch (error) {
			if (error instanceof AppError) return false;
			throw error;
		}
	}

	/** The environment as the session opened it. */
	get snapshot(): Snapshot {
		const { links, records } = this.verified.section;
		return { digest: this.digest, vault: this.vaultLinks, environment: links, records };
	}

	/**
	 * Remembers the verified records, and that this device has seen this text of the vault.
	 * @param now the vault as it is on disk when the command ends
	 * @param written records that this command added: its own, or verified ones
	 * @param options.before the environment as the command read it, if the session was opened after the write
	 * @param options.always writes the memory although the vault is unchanged, with the platform's part of it.
	 *   Requires that the session was opened under the vault's lock, and that the lock is still held
	 */
	async remember(
		now: LoadedVault,
		written: Iterable<SealedRecord> = [],
		{ always = false, before = this.snapshot }: { always?: boolean; before?: Snapshot } = {},
	): Promise<void> {
		const { place, memory, checkout } = this;
		const { cache } = this.context;
		// The records of a deleted environment do not belong to the environment that replaced it.
		if (this.isOfEarlierLifetime) return;
		const whole = this.#wholeOf(now, written);
		const isNew = now.digest !== checkout.seen || whole !== checkout.whole || this.#fresh.length > 0;
		if (!isNew && !always) return;
		cache?.keep(undefined);
		const { platform } = checkout;
		const names = now.document.environments.keys();
		const isBefore = (digest: string) => currentDigest(digest, this.loaded) === before.digest;
		const isOutside = before.digest !== checkout.seen && !(await isWrittenHere(place, names, isBefore));
		const section = now.document.environments.get(place.environment);
		const update = (present: EnvironmentMemory, presentCheckout: CheckoutMemory) => {
			const chains = { vault: now.document.links, environment: section?.links ?? [] };
			Object.assign(present, memoryOfLifetime(present, place.environment, chains));
			recordObservation(present, {
				before,
				now: { digest: now.digest, ...chains, records: section?.records ?? new Map() },
				epoch: this.verified.state.epoch.number,
				fresh: this.#fresh,
				written,
				self: this.context.identity.publicKeys.sign,
				isOutside,
			});
			presentCheckout.seen = now.digest;
			if (now.digest !== before.digest) presentCheckout.written = now.digest;
			presentCheckout.whole = whole;
			// Without the vault's lock, another process may know a later position of the platform's log.
			if (always) presentCheckout.platform = platform;
			noteReplaced(presentCheckout, { before: before.records, now: section?.records }, written);
		};
		const updated = await updateMemory(place, update, this.stored);
		this.#known.clear();
		Object.assign(memory, updated.memory);
		Object.assign(checkout, updated.checkout);
		if ((await readProjectPin(place)) !== place.vaultId) await writeProjectPin(place, place.vaultId);
		const verified = withSameChains(this.verified, this.loaded.document, now.document);
		cache?.keep(verified && { loaded: now, verified, keys: this.keys, stored: updated });
	}
}
