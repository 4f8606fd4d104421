/**
 * The one version of a secret's history that somebody asks for.
 */
import { AppError, EXIT } from "../../errors.ts";
import type { SealedRecord } from "./record.ts";
import type { KnownVersion, SecretHistory } from "./secret-history.ts";

/** What a version is chosen from. */
export interface VersionChoice {
	readonly name: string;
	readonly history: SecretHistory;
	/** Where it was looked, as phrases. */
	readonly searched: readonly string[];
	/** Whether this device verified that very record before. */
	hasVersionMark(record: SealedRecord): boolean;
}

function ambiguous(name: string, versions: readonly KnownVersion[]): AppError {
	const commits = versions.flatMap(({ sources }) =>
		sources.flatMap((source) => (source.in === "git" ? [source.commit] : [])),
	);
	return new AppError({
		code: "VERSION_AMBIGUOUS",
		message: `There are ${versions.length} values of version ${versions[0]?.version} of ${name}: two branches counted alike.`,
		hint: `Look at each where it stands (git worktree add ../look COMMIT; commits ${commits.join(", ")}), and set the right one.`,
		exit: EXIT.conflict,
	});
}

/**
 * Of several values under one version number the one that this device saw, that the file has, or that the platform took.
 * @throws AppError `VERSION_AMBIGUOUS` (exit 5) where nothing says which
 */
function preferred(
	{ name, hasVersionMark: isMarked }: VersionChoice,
	versions: readonly KnownVersion[],
): KnownVersion | undefined {
	if (versions.length <= 1) return versions[0];
	const isIn = (where: string) => (each: KnownVersion) => each.sources.some((source) => source.in === where);
	const decided =
		versions.find(({ records }) => records.some(isMarked)) ??
		versions.find(isIn("file")) ??
		versions.find(isIn("platform"));
	if (decided) return decided;
	throw ambiguous(name, versions);
}

function searchedHint(looked: readonly string[]): string {
	return `Looked in ${looked.join(", ")}.`;
}

/**
 * The version of that number.
 * @throws AppError `VERSION_NOT_FOUND` (exit 4) naming where it was looked, `VERSION_REFUSED` (exit 7) where it was found
 *   and does not count, `VERSION_AMBIGUOUS` (exit 5)
 */
export function chooseVersion(choice: VersionChoice, number: number): KnownVersion {
	const { history, searched: looked, name } = choice;
	const found = preferred(
		choice,
		history.versions.filter(({ version }) => version === number),
	);
	if (found) return found;
	const refusal = history.rejected.find(({ record }) => record.version === number);
	if (refusal) {
		throw new AppError({
			code: "VERSION_REFUSED",
			message: `A version ${number} of ${name} was found, and does not count: ${refusal.reason}.`,
			hint: `If its value is known to be right, set it anew: coffer secrets set ${name}.`,
			exit: EXIT.integrity,
		});
	}
	const known = [...new Set(history.versions.map(({ version }) => version))].join(", ");
	throw new AppError({
		code: "VERSION_NOT_FOUND",
		message: `Version ${number} of ${name} is nowhere to be found.`,
		hint: `${known === "" ? "No version is known." : `Known: ${known}.`} ${searchedHint(looked)}`,
		exit: EXIT.notFound,
	});
}

/**
 * The newest version that has a value.
 * @throws AppError `SECRET_NOT_FOUND` (exit 4) naming where it was looked, `VERSION_AMBIGUOUS` (exit 5)
 */
export function newestLive(choice: VersionChoice): KnownVersion {
	const { history, searched: looked, name } = choice;
	const live = history.versions.filter(({ kind }) => kind === "live");
	const found = preferred(
		choice,
		live.filter(({ version }) => version === live[0]?.version),
	);
	if (found) return found;
	const [refusal] = history.rejected;
	const note = refusal ? ` What was found does not count: ${refusal.reason}.` : "";
	throw new AppError({
		code: "SECRET_NOT_FOUND",
		message: `No value of ${name} is to be found that counts.${note}`,
		hint: searchedHint(looked),
		exit: EXIT.notFound,
	});
}
