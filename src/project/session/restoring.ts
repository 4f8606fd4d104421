/** Who can restore a record that the file lacks: only a writer can run `coffer vault restore`. */
import { inEnvironment } from "../../environment-hint.ts";
import { attempt } from "../../errors.ts";
import type { EnvironmentState } from "../../vault/chains/membership.ts";
import { type VaultDocument, verifyChains } from "../../vault/document/document.ts";

/** The most writers that a hint names. */
const WRITERS_NAMED = 3;

/** What brings one record back: a clause that is followed by a colon, and the command. */
export interface Restoring {
	readonly words: string;
	readonly command: string;
}

/** The members of an environment. @param state undefined if its chain is not valid, so that nobody knows them */
type Members = Pick<EnvironmentState, "members"> | undefined;

/** Whether one of these identities may write. True if the members are unknown: the command's own error tells then. */
function mayWrite(state: Members, signs: readonly string[]): boolean {
	return state === undefined || signs.some((sign) => state.members.get(sign)?.role === "writer");
}

function writersOf(state: Members): string {
	const writers = [...(state?.members.values() ?? [])].filter(({ role }) => role === "writer");
	const names = writers.slice(0, WRITERS_NAMED).map(({ name }) => name);
	if (writers.length > WRITERS_NAMED) names.push(`${writers.length - WRITERS_NAMED} more`);
	return names.length === 0 ? "" : ` (${names.join(", ")})`;
}

/**
 * Tells how to restore a record.
 * @param what the words for the record: its name, or "a secret"
 * @param name the name in the command
 * @param signs the signing keys of this device's identities; empty without an identity
 */
export function restoring(
	state: Members,
	signs: readonly string[],
	{ environment, name, what = name }: { environment: string; name: string; what?: string },
): Restoring {
	const command = inEnvironment(`coffer vault restore ${name}`, environment);
	if (mayWrite(state, signs)) return { words: `To restore ${what}`, command };
	return {
		words: `To restore ${what}, ask a writer of environment '${environment}'${writersOf(state)} to run`,
		command,
	};
}

/** As `restoring`, for a file of which nothing has been verified. */
export function restoringIn(
	document: VaultDocument,
	signs: readonly string[],
	{ environment, name }: { environment: string; name: string },
): Restoring {
	const verified = attempt(() => verifyChains(document, environment));
	return restoring(verified?.state, signs, { environment, name });
}
