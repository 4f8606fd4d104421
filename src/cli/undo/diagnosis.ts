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
import type { SurveyContext } from "../../project/undo/survey.ts";
import { linkedLogs } from "../context/linked-logs.ts";
import { findDeviceIdentity } from "../context/open-project.ts";
import { rotationStore } from "../edits/rotate-identity.ts";
import { type Environment, inheritedEnvironment, readCredentials } from "../shell/process-environment.ts";
import { waysHint } from "./report.ts";

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

/**
 * Adds to an error, as its hint, the commands that resolve it.
 * @returns the same error if the cause cannot be found
 */
export async function explainLacking(error: AppError, environment: Environment): Promise<AppError> {
	const diagnosis = await diagnoseProject(environment, false).catch(() => undefined);
	if (!diagnosis || diagnosis.ways.length === 0) return error;
	return error.with({
		hint: `To see all differences: coffer vault verify\n${waysHint([...diagnosis.ways])}`,
	});
}
