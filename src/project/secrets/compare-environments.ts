/** Compares the secrets of two environments by name and value. */
import type { SealedRecord } from "../../vault/records/record.ts";
import { compareNames } from "../../vault/syntax/syntax.ts";
import type { VaultSession } from "../session/session.ts";
import { requireChosen } from "./choose-names.ts";
import { type LiveSecret, matchingSecrets } from "./read-secrets.ts";

/** How a name differs between the environments. */
export type Difference = "first-only" | "second-only" | "different" | "same";

/** A name with its secret in each environment; undefined where the environment has none. */
export interface ComparedSecret {
	readonly name: string;
	readonly difference: Difference;
	readonly first: LiveSecret | undefined;
	readonly second: LiveSecret | undefined;
}

function differenceOf(first: LiveSecret | undefined, second: LiveSecret | undefined): Difference {
	if (second === undefined) return "first-only";
	if (first === undefined) return "second-only";
	return first.value === second.value ? "same" : "different";
}

async function secretsByName(
	session: VaultSession,
	words: readonly string[],
): Promise<Map<string, LiveSecret>> {
	const live = await matchingSecrets(session, words);
	return new Map(live.map((secret) => [secret.record.name, secret]));
}

/**
 * Compares two environments.
 * @param words names and patterns, as `isChosen` takes them; none compares every secret
 * @returns one entry a name, sorted by name
 * @throws AppError `SECRET_NOT_FOUND` (exit 4) for words that choose a secret in neither environment, exit 7 for an
 *   invalid record
 */
export async function compareEnvironments(
	first: VaultSession,
	second: VaultSession,
	words: readonly string[],
): Promise<ComparedSecret[]> {
	const [ours, theirs] = [await secretsByName(first, words), await secretsByName(second, words)];
	const names = [...new Set([...ours.keys(), ...theirs.keys()])].sort(compareNames);
	requireChosen(words, names, first.place.environment, second.place.environment);
	return names.map((name) => {
		const sides = { first: ours.get(name), second: theirs.get(name) };
		return { name, difference: differenceOf(sides.first, sides.second), ...sides };
	});
}

/** The records of compared secrets, of both environments. */
export function recordsOf(compared: readonly ComparedSecret[]): SealedRecord[] {
	return compared.flatMap(({ first, second }) => [first, second].flatMap((one) => one?.record ?? []));
}
