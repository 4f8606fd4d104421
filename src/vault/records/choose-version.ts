/**
 * Chooses the version of a secret that the user requested from the secret's history.
 */
import { inEnvironment } from "../../environment-hint.ts";
import { AppError, EXIT } from "../../errors.ts";
import type { SealedRecord } from "./record.ts";
import type { KnownVersion, SecretHistory } from "./secret-history.ts";

/** The versions to choose from. */
export interface VersionChoice {
	readonly environment: string;
	readonly name: string;
	readonly history: SecretHistory;
	/** The places that were searched, as phrases for the hint: `the file`, `120 commits`. */
	readonly searched: readonly string[];
	/** Whether this device verified exactly this record before. */
	hasVersionMark(record: SealedRecord): boolean;
}

function ambiguous(name: string, versions: readonly KnownVersion[]): AppError {
	const commits = versions.flatMap(({ sources }) =>
		sources.flatMap((source) => (source.in === "git" ? [source.commit] : [])),
	);
	return new AppError({
		code: "VERSION_AMBIGUOUS",
		message: `There are ${versions.length} values of version ${versions[0]?.version} of ${name}: two branches set the same version.`,
		hint: `Compare them (git worktree add ../look COMMIT; commits ${commits.join(", ")}) and set the right value again.`,
		exit: EXIT.conflict,
	});
}

/**
 * If several values have the same version number, returns the one that this device has verified, else the one in the
 * file, else the one in the platform's log.
 * @throws AppError `VERSION_AMBIGUOUS` (exit 5) if none of these applies
 */
function preferred(
	{ name, hasVersionMark }: VersionChoice,
	versions: readonly KnownVersion[],
): KnownVersion | undefined {
	if (versions.length <= 1) return versions[0];
	const isIn = (where: string) => (each: KnownVersion) => each.sources.some((source) => source.in === where);
	const decided =
		versions.find(({ records }) => records.some(hasVersionMark)) ??
		versions.find(isIn("file")) ??
		versions.find(isIn("platform"));
	if (decided) return decided;
	throw ambiguous(name, versions);
}

function searchedHint(searched: readonly string[]): string {
	return `Searched: ${searched.join(", ")}.`;
}

/**
 * Returns the version with the given number.
 * @throws AppError `VERSION_NOT_FOUND` (exit 4), which lists the searched places; `VERSION_REFUSED` (exit 7) if all
 *   records that were found are invalid; `VERSION_AMBIGUOUS` (exit 5)
 */
export function chooseVersion(choice: VersionChoice, number: number): KnownVersion {
	const { history, searched, name } = choice;
	const found = preferred(
		choice,
		history.versions.filter(({ version }) => version === number),
	);
	if (found) return found;
	const refusal = history.rejected.find(({ record }) => record.version === number);
	if (refusal) {
		throw new AppError({
			code: "VERSION_REFUSED",
			message: `Version ${number} of ${name} was found but is not valid: ${refusal.reason}.`,
			hint: `If you know that its value is right, set it again: ${inEnvironment(`coffer secrets set ${name}`, choice.environment)}`,
			exit: EXIT.integrity,
		});
	}
	const known = [...new Set(history.versions.map(({ version }) => version))].join(", ");
	throw new AppError({
		code: "VERSION_NOT_FOUND",
		message: `Version ${number} of ${name} was not found.`,
		hint: `${known === "" ? "No version is known." : `Known versions: ${known}.`} ${searchedHint(searched)}`,
		exit: EXIT.notFound,
	});
}

/**
 * Returns the newest version that has a value.
 * @throws AppError `SECRET_NOT_FOUND` (exit 4), which lists the searched places; `VERSION_AMBIGUOUS` (exit 5)
 */
export function newestLive(choice: VersionChoice): KnownVersion {
	const { history, searched, name } = choice;
	const live = history.versions.filter(({ kind }) => kind === "live");
	const found = preferred(
		choice,
		live.filter(({ version }) => version === live[0]?.version),
	);
	if (found) return found;
	const [refusal] = history.rejected;
	const note = refusal ? ` A record was found but is not valid: ${refusal.reason}.` : "";
	throw new AppError({
		code: "SECRET_NOT_FOUND",
		message: `No valid value of ${name} was found.${note}`,
		hint: searchedHint(searched),
		exit: EXIT.notFound,
	});
}
