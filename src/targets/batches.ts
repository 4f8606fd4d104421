/** Groups what is sent to a target into requests. Pure. */
import { inEnvironment } from "../environment-hint.ts";
import { AppError, EXIT } from "../errors.ts";
import type { SealedRecord } from "../vault/records/record.ts";
import type { TargetKind } from "./target.ts";

/** The most characters of sealed records in one request. */
const CHARACTERS_MAX = 512 * 1024;

/** Groups records into requests. @param namesMax the most names in one */
export function setBatches(records: readonly SealedRecord[], namesMax: number): SealedRecord[][] {
	const batches: SealedRecord[][] = [];
	let characters = 0;
	for (const record of records) {
		const last = batches.at(-1);
		characters += record.sealed.length;
		if (last && last.length < namesMax && characters <= CHARACTERS_MAX) last.push(record);
		else {
			batches.push([record]);
			characters = record.sealed.length;
		}
	}
	return batches;
}

/**
 * Groups names that are to be deleted into requests. Leaves out names that the target never stores: nothing of this
 * device is there, and the product may use such a name itself.
 */
export function deletionBatches(
	{ batch, refusal }: Pick<TargetKind, "batch" | "refusal">,
	names: readonly string[],
): string[][] {
	const possible = names.filter((name) => refusal?.(name, undefined) === undefined);
	const batches: string[][] = [];
	for (let at = 0; at < possible.length; at += batch.deleted)
		batches.push(possible.slice(at, at + batch.deleted));
	return batches;
}

/** The names that a target does not store, each with the reason. */
export function refusedNames(
	{ refusal }: Pick<TargetKind, "refusal">,
	values: ReadonlyMap<string, string>,
): Map<string, string> {
	const refused = new Map<string, string>();
	for (const [name, value] of values) {
		const reason = refusal?.(name, value);
		if (reason !== undefined) refused.set(name, reason);
	}
	return refused;
}

/** The most names that an error explains. */
const EXPLAINED_MAX = 10;

/** @throws AppError `TARGET_REFUSES` (exit 2) if there are names that the target does not store */
export function requireNoneRefused(
	{ title }: Pick<TargetKind, "title">,
	refused: ReadonlyMap<string, string>,
	environment: string,
): void {
	if (refused.size === 0) return;
	const shown = [...refused].slice(0, EXPLAINED_MAX).map(([name, reason]) => `${name} ${reason}`);
	const more = refused.size > EXPLAINED_MAX ? `; and ${refused.size - EXPLAINED_MAX} more` : "";
	const rename = inEnvironment("coffer secrets rename OLD NEW", environment);
	const remove = inEnvironment("coffer secrets delete NAME", environment);
	throw new AppError({
		code: "TARGET_REFUSES",
		message: `${title} would not store these secrets: ${shown.join("; ")}${more}. Nothing was sent.`,
		hint: `Rename them (${rename}) or change their values, or move them to an environment that is not linked with ${title} (coffer secrets copy, then ${remove}).`,
		exit: EXIT.usage,
		names: [...refused.keys()],
	});
}
