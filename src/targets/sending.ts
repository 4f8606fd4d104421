/** Sends the difference between a vault and a target. */
import { type SentMark, sentMark, targetKey, updateTargetMemory } from "../project/memory/target-memory.ts";
import type { VaultSession } from "../project/session/session.ts";
import type { SealedRecord } from "../vault/records/record.ts";
import { checkSecretName } from "../vault/syntax/secret-name.ts";
import { deletionBatches, refusedNames, requireNoneRefused, setBatches } from "./batches.ts";
import type { TargetDiff } from "./diff.ts";
import { marksFor } from "./marks.ts";
import type { SecretTarget, TargetKind } from "./target.ts";

/** Sends a diff, and remembers each request after it has succeeded. */
export class Sending {
	readonly sent: string[] = [];
	readonly deleted: string[] = [];
	readonly #session: VaultSession;
	readonly #kind: TargetKind;
	readonly #target: SecretTarget;

	constructor(session: VaultSession, kind: TargetKind, target: SecretTarget) {
		this.#session = session;
		this.#kind = kind;
		this.#target = target;
	}

	async run(diff: TargetDiff): Promise<void> {
		const values = valuesOf(this.#session, diff.set);
		await this.#refuse(values);
		for (const batch of setBatches(diff.set, this.#kind.batch.set)) {
			const part = batch.flatMap(({ name }): [string, string][] => {
				const value = values.get(name);
				return value === undefined ? [] : [[name, value]];
			});
			await this.#target.set(new Map(part));
			await this.#note((marks) => {
				for (const record of batch) marks.set(record.name, sentMark(record));
			});
			this.sent.push(...batch.map(({ name }) => name));
		}
		await this.#delete(diff);
	}

	/** Checks all names before anything is sent. @throws AppError */
	async #refuse(values: ReadonlyMap<string, string>): Promise<void> {
		const { environment } = this.#session.place;
		for (const name of values.keys()) checkSecretName(name);
		requireNoneRefused(this.#kind, refusedNames(this.#kind, values), environment);
		if (values.size === 0 || this.#target.refusals === undefined) return;
		requireNoneRefused(this.#kind, await this.#target.refusals([...values.keys()]), environment);
	}

	async #delete({ deleted, dropped }: TargetDiff): Promise<void> {
		const tombstones = new Map(deleted.map((record) => [record.name, record]));
		for (const record of deleted) this.#session.trust(record);
		const names = [...tombstones.keys(), ...dropped];
		const note = (part: readonly string[]) =>
			this.#note((marks) => {
				for (const name of part) {
					const record = tombstones.get(name);
					if (record) marks.set(name, sentMark(record));
					else marks.delete(name);
				}
			});
		const batches = deletionBatches(this.#kind, names);
		for (const batch of batches) {
			await this.#target.delete(batch);
			await note(batch);
			this.deleted.push(...batch);
		}
		const requested = new Set(batches.flat());
		const never = names.filter((name) => !requested.has(name));
		if (never.length > 0) await note(never);
	}

	async #note(change: (marks: Map<string, SentMark>) => void): Promise<void> {
		const { place, verified } = this.#session;
		await updateTargetMemory(place, (memory) => {
			const marks = marksFor(memory, this.#target.id, verified.section.records);
			change(marks);
			memory.sent.set(targetKey(this.#target.id), marks);
		});
	}
}

/** The values of records, by name. */
function valuesOf(session: VaultSession, records: readonly SealedRecord[]): Map<string, string> {
	const values = new Map<string, string>();
	for (const record of records) {
		const value = session.open(record);
		if (value !== undefined) values.set(record.name, value);
	}
	return values;
}

/**
 * Checks whether a target of this kind stores the records that are to be sent, without a request.
 * @throws AppError `TARGET_REFUSES` (exit 2)
 */
export function requireStorable(
	session: VaultSession,
	kind: TargetKind,
	records: Iterable<SealedRecord> = session.verified.section.records.values(),
): void {
	const live = [...records].filter((record) => record.kind === "live");
	requireNoneRefused(kind, refusedNames(kind, valuesOf(session, live)), session.place.environment);
}
