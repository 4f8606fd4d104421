/** Reads several secrets of an open environment: all of them, or those that names and patterns choose. */
import type { SealedRecord } from "../../vault/records/record.ts";
import { maskValue } from "../../vault/syntax/mask.ts";
import { checkSecretName } from "../../vault/syntax/secret-name.ts";
import { compareNames } from "../../vault/syntax/syntax.ts";
import type { VaultSession } from "../session/session.ts";
import { isChosen, isPattern, requireChosen } from "./choose-names.ts";
import { expandReferences } from "./expand.ts";

/** A secret and its value. */
export interface LiveSecret {
	readonly record: SealedRecord;
	readonly value: string;
}

/** The records that words choose, sorted by name. Names are looked up, so that no other record is parsed. */
function chosenRecords(records: ReadonlyMap<string, SealedRecord>, words: readonly string[]): SealedRecord[] {
	if (words.length === 0 || words.some(isPattern))
		return [...records.values()].filter(({ name }) => isChosen(words, name));
	const names = [...new Set(words)].sort(compareNames);
	return names.flatMap((name) => records.get(name) ?? []);
}

/**
 * The live secrets that words choose, sorted by name. The deleted ones are verified too, so that a forged deletion
 * does not hide a secret.
 * @param words names and patterns, as `isChosen` takes them; none chooses every secret. A word may choose none
 * @throws AppError exit 7 for an invalid record
 */
export async function matchingSecrets(
	session: VaultSession,
	words: readonly string[],
): Promise<LiveSecret[]> {
	if (words.length === 0) await session.expectAll();
	const live: LiveSecret[] = [];
	for (const record of chosenRecords(session.verified.section.records, words)) {
		const value = session.open(record);
		if (value !== undefined) live.push({ record, value });
	}
	return live;
}

/** As `matchingSecrets`. @throws AppError `SECRET_NOT_FOUND` (exit 4) for words that choose none */
export async function liveSecrets(
	session: VaultSession,
	words: readonly string[] = [],
): Promise<LiveSecret[]> {
	const live = await matchingSecrets(session, words);
	const names = live.map(({ record }) => record.name);
	requireChosen(words, names, session.place.environment);
	return live;
}

/** A secret without its value. */
export interface ListedSecret {
	readonly name: string;
	readonly masked: string;
	readonly version: number;
	readonly record: SealedRecord;
}

/** As `liveSecrets`, with masked values. */
export async function listSecrets(
	session: VaultSession,
	words: readonly string[] = [],
): Promise<ListedSecret[]> {
	const live = await liveSecrets(session, words);
	return live.map(({ record, value }) => ({
		name: record.name,
		masked: maskValue(value),
		version: record.version,
		record,
	}));
}

/**
 * As `liveSecrets`, as values by name, for a process environment.
 * @throws AppError `NAME_RESERVED` (exit 2) if another program wrote a name that would change how the process
 *   runs
 */
export async function liveValues(
	session: VaultSession,
	words: readonly string[] = [],
): Promise<Map<string, string>> {
	const live = await liveSecrets(session, words);
	for (const { record } of live) checkSecretName(record.name);
	return new Map(live.map(({ record, value }) => [record.name, value]));
}

/** Values by name, and the values of the secrets that are part of them by references. */
export interface ExpandedValues {
	readonly values: ReadonlyMap<string, string>;
	readonly referred: ReadonlyMap<string, string>;
}

/**
 * As `liveValues`; references between secrets are expanded on request. A reference may name any secret of the
 * environment.
 * @throws AppError as `expandReferences`
 */
export async function expandedValues(
	session: VaultSession,
	words: readonly string[],
	expand: boolean,
): Promise<ExpandedValues> {
	const values = await liveValues(session, words);
	if (!expand) return { values, referred: new Map() };
	const all = new Map((await liveSecrets(session)).map(({ record, value }) => [record.name, value]));
	const expanded = expandReferences(all, values.keys());
	const referred = new Map([...all].filter(([name]) => expanded.used.has(name)));
	return { values: expanded.values, referred };
}
