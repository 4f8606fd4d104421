/** Finds secrets that a function reads and that do not exist, which is the most frequent reason for a failed start. */
import { AppError } from "../../../errors.ts";
import { isPrefix } from "../../../references/evidence/name-pattern.ts";
import { packageOf } from "../../../references/evidence/package.ts";
import type { Reads } from "../../../references/evidence/reference.ts";
import { coverageOf } from "../../../references/plan/coverage.ts";
import { type AppState, isLive } from "../../apps/state/app-state.ts";

/** The most names that a message lists. */
const LISTED_MAX = 10;

/** The names of the secrets that an app has: those of the vault and those that the platform stores itself. */
function secretsOf({ local, records }: Pick<AppState, "local" | "records">): ReadonlySet<string> {
	const own = [...local].filter(([, { record }]) => isLive(record));
	const shared = [...records].filter(([, record]) => isLive(record));
	return new Set([...own, ...shared].map(([name]) => name));
}

/**
 * Each missing name with the first location that reads it: `STRIPE_KEY (functions/pay/index.ts:3)`. Packages read many
 * optional names. So a name that only a package reads is listed only if the error of the start contains it, as in
 * `OPENAI_API_KEY (npm:openai@6.2.0)`.
 * @param why the error of the start
 */
function missingSecrets(
	name: string,
	reads: Reads,
	state: Pick<AppState, "local" | "records">,
	why: string,
): string[] {
	const { missing, rows } = coverageOf([{ ...reads, name }], secretsOf(state));
	const own = missing
		.filter((secret) => !isPrefix(secret.name))
		.map((secret) => {
			const [place] = secret.places;
			return place === undefined ? secret.name : `${secret.name} (${place.file}:${place.line})`;
		});
	const words = new Set(why.match(/\w+/g));
	const ofPackages = rows
		.filter((row) => !row.isSecret && row.cells.get(name) === "package" && words.has(row.name))
		.map((row) => {
			const reference = reads.references.find((one) => one.name === row.name);
			return `${row.name} (${packageOf(reference?.file ?? "") ?? "a package"})`;
		});
	return [...own, ...ofPackages];
}

/**
 * Adds the secrets that a function lacks to the error of its failed start, which often says only that a client got no
 * key.
 * @param name the function's name
 * @returns the same error if no secret is missing, or if it is not the error of a start
 */
export function withMissingSecrets(
	error: unknown,
	name: string,
	reads: Reads,
	state: Pick<AppState, "local" | "records">,
): unknown {
	if (!(error instanceof AppError) || error.code !== "FUNCTION_START_FAILED") return error;
	const missing = missingSecrets(name, reads, state, error.message);
	if (missing.length === 0) return error;
	const listed = missing.slice(0, LISTED_MAX).join(", ");
	const others = missing.length - LISTED_MAX;
	const all = others > 0 ? `${listed} and ${others} more` : listed;
	return error.with({
		message: `The function reads secrets that are not set: ${all}.\n${error.message}`,
		hint: "Set the missing secrets with 'coffer secrets set', or correct the function and deploy it again.",
	});
}
