/** The secrets that a function's own code reads and that do not exist: the most frequent reason of a failed start. */
import { AppError } from "../../../errors.ts";
import { isPrefix } from "../../../references/evidence/name-pattern.ts";
import type { Reads } from "../../../references/evidence/reference.ts";
import { coverageOf } from "../../../references/plan/coverage.ts";
import { type AppState, isLive } from "../../apps/app-state.ts";

/** How many names a message lists. */
const LISTED_MAX = 10;

/** The names of the secrets that an app has: those of the vault and those that the platform stores itself. */
function secretsOf({ local, records }: Pick<AppState, "local" | "records">): ReadonlySet<string> {
	const own = [...local].filter(([, { record }]) => isLive(record));
	const shared = [...records].filter(([, record]) => isLive(record));
	return new Set([...own, ...shared].map(([name]) => name));
}

/** Each missing name with the first place that reads it: `STRIPE_KEY (functions/pay/index.ts:3)`. */
function missingSecrets(name: string, reads: Reads, state: Pick<AppState, "local" | "records">): string[] {
	const { missing } = coverageOf([{ ...reads, name }], secretsOf(state));
	return missing
		.filter((secret) => !isPrefix(secret.name))
		.map((secret) => {
			const [place] = secret.places;
			return place === undefined ? secret.name : `${secret.name} (${place.file}:${place.line})`;
		});
}

/**
 * Puts the secrets that a function lacks before the error of its failed start, which often says only that some client
 * got no key.
 * @param name the function's name
 * @returns the same error where none is missing, or where it is not the error of a start
 */
export function withMissingSecrets(
	error: unknown,
	name: string,
	reads: Reads,
	state: Pick<AppState, "local" | "records">,
): unknown {
	if (!(error instanceof AppError) || error.code !== "FUNCTION_START_FAILED") return error;
	const missing = missingSecrets(name, reads, state);
	if (missing.length === 0) return error;
	const listed = missing.slice(0, LISTED_MAX).join(", ");
	const others = missing.length - LISTED_MAX;
	const all = others > 0 ? `${listed} and ${others} more` : listed;
	return error.with({
		message: `The function reads secrets that are not set: ${all}.\n${error.message}`,
		hint: "Set the missing secrets with 'coffer secrets set', or correct the function and deploy it again.",
	});
}
