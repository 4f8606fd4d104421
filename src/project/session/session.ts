/** One environment of one project, opened with an identity. Every command that reads or writes secrets goes through here. */
import { AppError } from "../../errors.ts";
import type { Link } from "../../vault/chains/chain.ts";
import type { EnvironmentKeys } from "../../vault/chains/environment-keys.ts";
import type { VerifiedEnvironment } from "../../vault/document/document.ts";
import { compareLifetimes, hasVersionMark, memoryOfLifetime } from "../../vault/document/version-marks.ts";
import type { SealedRecord } from "../../vault/records/record.ts";
import { checkSignatures, openRecord, type ValidSignatures, verifyRecord } from "../../vault/records/seal.ts";
import type { LoadedVault } from "../files/vault-file.ts";
import {
	type CheckoutMemory,
	type DeviceMemory,
	type EnvironmentMemory,
	isWrittenHere,
	type MemoryPlace,
	noteReplaced,
	readProjectPin,
	updateMemory,
	writeProjectPin,
} from "../memory/device-state.ts";
import { noteSeen, type Snapshot } from "./provenance.ts";
import { withSameChains } from "./session-cache.ts";
import { type SessionContext, UNPROVEN_VERSION_MAX } from "./session-context.ts";

export type { SessionContext, SessionIdentity } from "./session-context.ts";

type SessionReads =
	| "open"
	| "value"
	| "nextVersion"
	| "isOfEarlierLife"
	| "snapshot"
	| "digest"
	| "vaultLinks";
type SessionMethods = SessionReads | "trust" | "expectAll" | "remember";

export class VaultSession {
	readonly context: SessionContext;
	readonly place: MemoryPlace;
	readonly verified: VerifiedEnvironment;
	/** The vault that it was opened from. */
	readonly loaded: LoadedVault;
	readonly keys: EnvironmentKeys;
	readonly memory: EnvironmentMemory;
	readonly checkout: CheckoutMemory;
	/** The files of `memory` and `checkout`, as they were read. */
	readonly stored: DeviceMemory;
	/** Sentences for the user, about what this device cannot vouch for. */
	readonly warnings: readonly string[];
	/** Whether the membership in the file is older than what this device has seen. */
	readonly membershipOlder: boolean;
	readonly #fresh: SealedRecord[] = [];
	/** What the marks were found to know, or was verified in this session. */
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

	/** Hash of the vault's text that it was opened from. */
	get digest(): string {
		return this.loaded.digest;
	}

	/** The vault's own chain. */
	get vaultLinks(): readonly Link[] {
		return this.loaded.document.links;
	}

	/** Verifies a record unless the marks know it. @throws AppError exit 7 */
	trust(record: SealedRecord): void {
		if (this.#isKnown(record)) return;
		verifyRecord(this.verified.state, record, this.#validSignatures);
		this.#fresh.push(record);
		this.#known.add(record);
	}

	/**
	 * Makes `trust` and `open` quick for all records: checks the signatures of those that the marks do not know, on
	 * all cores. One that does not fit is refused when it is used, as ever.
	 * @param checked signatures that were checked in this vault before
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

	/** Whether it stands in the text that was opened, and all of that was verified here before. */
	#isOfWholeText(record: SealedRecord): boolean {
		const { section } = this.verified;
		return this.digest === this.checkout.whole && section.records.get(record.name) === record;
	}

	/** The hash of the text of which every record is known to be verified: the present vault's, or the one before. */
	#wholeOf(now: LoadedVault, written: Iterable<SealedRecord>): string {
		const own = new Set(written);
		const records = now.document.environments.get(this.place.environment)?.records.values() ?? [];
		for (const record of records)
			if (!own.has(record) && !this.#known.has(record) && !this.#isOfWholeText(record))
				return this.checkout.whole;
		return now.digest;
	}

	/** Whether the file has an environment that was deleted since, as this device has seen, and created anew. */
	get isOfEarlierLife(): boolean {
		const { pin } = this.memory;
		const links = { vault: this.vaultLinks, environment: this.verified.section.links };
		return pin !== undefined && compareLifetimes(pin, this.place.environment, links) === "earlier";
	}

	/** The value of a record, verified first; undefined for a tombstone. @throws AppError exit 7 */
	open(record: SealedRecord): string | undefined {
		this.trust(record);
		return openRecord(this.verified.state, this.keys, record);
	}

	/** The value of a name; undefined where it is absent or deleted. */
	value(name: string): string | undefined {
		const record = this.verified.section.records.get(name);
		return record && this.open(record);
	}

	/**
	 * 1 + the highest version of a name that the file or this device knows, forgotten ones included. An invalid record
	 * counts up to a bound: others may have marked it, but a removed member must not be able to use all versions up.
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

	/** The environment as it was opened. */
	get snapshot(): Snapshot {
		const { links, records } = this.verified.section;
		return { digest: this.digest, vault: this.vaultLinks, environment: links, records };
	}

	/**
	 * Remembers what was verified, and that this text of the vault was looked at.
	 * @param now the vault as it is on disk when the command ends
	 * @param written records that this command put into it, verified or its own
	 * @param options `before`: the environment as the command read it, where the session was opened after its write.
	 *   `always`: write although the vault is the same, and the platform's part of the memory too. The
	 *   session must have been opened under the vault's lock, which is still held
	 */
	async remember(
		now: LoadedVault,
		written: Iterable<SealedRecord> = [],
		{ always = false, before = this.snapshot }: { always?: boolean; before?: Snapshot } = {},
	): Promise<void> {
		const { place, memory, checkout } = this;
		const { cache } = this.context;
		// What stands in a deleted environment says nothing of the one that was created in its place.
		if (this.isOfEarlierLife) return;
		const whole = this.#wholeOf(now, written);
		const isNew = now.digest !== checkout.seen || whole !== checkout.whole || this.#fresh.length > 0;
		if (!isNew && !always) return;
		cache?.keep(undefined);
		const { platform } = checkout;
		const names = now.document.environments.keys();
		const isOutside = before.digest !== checkout.seen && !(await isWrittenHere(place, names, before.digest));
		const section = now.document.environments.get(place.environment);
		const update = (present: EnvironmentMemory, presentCheckout: CheckoutMemory) => {
			const chains = { vault: now.document.links, environment: section?.links ?? [] };
			Object.assign(present, memoryOfLifetime(present, place.environment, chains));
			noteSeen(present, {
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
			// Only whoever holds the vault's lock may say where the platform stands; a reader may be behind.
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
