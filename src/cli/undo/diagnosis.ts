/**
 * Explains why the vault lacks changes that this device has seen, and lists what the user can do. The hint of
 * an error quotes it.
 */
import { cryptoReady } from "../../crypto.ts";
import type { AppError } from "../../errors.ts";
import { fingerprint } from "../../identity/identity.ts";
import { openRotation } from "../../identity/rotation.ts";
import { currentFolder, requireRoot } from "../../project/files/project-root.ts";
import { type Diagnosis, diagnose, type SearchContext } from "../../project/undo/accept.ts";
import { newLinks, type SurveyContext } from "../../project/undo/survey.ts";
import { describeNote } from "../../vault/undo/link-note.ts";
import { linkedLogs } from "../context/linked-logs.ts";
import { findDeviceIdentity } from "../context/open-project.ts";
import { rotationStore } from "../edits/rotate-identity.ts";
import { type Environment, inheritedEnvironment, readCredentials } from "../shell/process-environment.ts";
import { lackingRows, waysHint } from "./report.ts";

/**
 * The places to search for the changes: git, and the logs of linked platforms.
 * @param offline whether to make no requests to platforms
 */
export async function searchPlaces(root: string, offline: boolean): Promise<SearchContext> {
	const logs = offline ? new Map() : await linkedLogs(root, undefined);
	return { git: { folder: root, variables: inheritedEnvironment() }, logs };
}

/** The identity that a rotation replaced on this device, as long as the device keeps it. */
export async function previousIdentity(environment: Environment): Promise<SurveyContext["previous"]> {
	if (readCredentials().identity !== undefined) return undefined;
	const rotation = await openRotation(rotationStore(environment)).catch(() => undefined);
	if (!rotation) return undefined;
	await cryptoReady;
	const identity = rotation.previous;
	return { identity, member: fingerprint(identity.publicKeys) };
}

/** Diagnoses the current project. @returns undefined without an identity, because the device's memory belongs to one */
export async function diagnoseProject(
	environment: Environment,
	offline: boolean,
): Promise<Diagnosis | undefined> {
	const root = requireRoot(currentFolder());
	const holder = await findDeviceIdentity(environment);
	if (!holder) return undefined;
	await cryptoReady;
	const context: SurveyContext = { ...holder, root, previous: await previousIdentity(environment) };
	return diagnose(context, await searchPlaces(root, offline));
}

/** The most changes of one side that an error names. */
const NAMED_MAX = 5;

function listed(title: string, changes: readonly string[]): string[] {
	if (changes.length === 0) return [];
	const more = changes.length > NAMED_MAX ? [`and ${changes.length - NAMED_MAX} more`] : [];
	return [`  ${title}`, ...[...changes.slice(0, NAMED_MAX), ...more].map((each) => `    ${each}`)];
}

/** The changes of members and environments that only one side has, as lines: of two people who changed them at once. */
function changesOfBoth(diagnosis: Diagnosis): string[] {
	const known = lackingRows(
		diagnosis,
		diagnosis.searched.found.filter(({ lacking }) => lacking.kind === "link"),
	);
	const inFile = diagnosis.surveys.flatMap(({ environment, memory }) =>
		newLinks(diagnosis.document, environment, memory).map(
			(note) => `${note.signer.name} ${describeNote(note)}`,
		),
	);
	const onlyKnown = known.map(({ by, what, where }) => {
		const place = where === null ? "" : ` — in ${where}`;
		return `${by ?? "somebody"} ${what}${place}`;
	});
	return [
		...listed("Both sides changed them. Only this device knows:", [...new Set(onlyKnown)]),
		...listed("Only coffer.vault has:", [...new Set(inFile)]),
	];
}

/**
 * Adds to an error, as its hint, the commands that resolve it. If the membership was changed on two sides, the message
 * names the changes of each.
 * @returns the same error if the cause cannot be found
 */
export async function explainLacking(error: AppError, environment: Environment): Promise<AppError> {
	const diagnosis = await diagnoseProject(environment, false).catch(() => undefined);
	if (!diagnosis || diagnosis.ways.length === 0) return error;
	const both = error.code === "MEMBERSHIP_DIVERGED" ? changesOfBoth(diagnosis) : [];
	return error.with({
		message: [error.message, ...both].join("\n"),
		hint: `To see all differences: coffer vault verify\n${waysHint([...diagnosis.ways])}`,
	});
}
