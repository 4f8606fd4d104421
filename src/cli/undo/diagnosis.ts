/**
 * Why a file is not what this device has seen, and what can be done: what an error's hint says of it.
 */
import { cryptoReady } from "../../crypto.ts";
import type { AppError } from "../../errors.ts";
import { fingerprint } from "../../identity/identity.ts";
import { openRotation } from "../../identity/rotation.ts";
import { currentFolder, requireRoot } from "../../project/files/project-root.ts";
import { type Diagnosis, diagnose, type Looking } from "../../project/undo/accept.ts";
import type { SurveyContext } from "../../project/undo/survey.ts";
import { linkedLogs } from "../context/linked-logs.ts";
import { findHolder } from "../context/open-project.ts";
import { rotationPlace } from "../edits/rotate-identity.ts";
import { type Environment, inheritedEnvironment, readCredentials } from "../shell/process-environment.ts";
import { waysHint } from "./report.ts";

/** Where it is looked: in git, and in the logs of linked platforms. @param offline no platform is asked */
export async function lookingFrom(root: string, offline: boolean): Promise<Looking> {
	const logs = offline ? new Map() : await linkedLogs(root, undefined);
	return { git: { folder: root, variables: inheritedEnvironment() }, logs };
}

/** The identity that was replaced on this device, as long as the device keeps it. */
export async function previousIdentity(environment: Environment): Promise<SurveyContext["previous"]> {
	if (readCredentials().identity !== undefined) return undefined;
	const rotation = await openRotation(rotationPlace(environment)).catch(() => undefined);
	if (!rotation) return undefined;
	await cryptoReady;
	const identity = rotation.previous;
	return { identity, member: fingerprint(identity.publicKeys) };
}

/** @returns undefined without an identity: nothing is remembered then */
export async function diagnoseHere(
	environment: Environment,
	offline: boolean,
): Promise<Diagnosis | undefined> {
	const root = requireRoot(currentFolder());
	const holder = await findHolder(environment);
	if (!holder) return undefined;
	await cryptoReady;
	const context: SurveyContext = { ...holder, root, previous: await previousIdentity(environment) };
	return diagnose(context, await lookingFrom(root, offline));
}

/**
 * The error, with the ways on as its hint where there are any.
 * @returns the error as it was where the reason cannot be found out
 */
export async function explainLacking(error: AppError, environment: Environment): Promise<AppError> {
	const diagnosis = await diagnoseHere(environment, false).catch(() => undefined);
	if (!diagnosis || diagnosis.ways.length === 0) return error;
	return error.with({
		hint: `To see all that differs: coffer vault verify\n${waysHint([...diagnosis.ways])}`,
	});
}
