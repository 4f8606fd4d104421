/** The steps of `functions invoke`: finds a server for the function, or starts the function for one request. */

import { AppError, EXIT } from "../../errors.ts";
import { newIdentity } from "../../identity/identity.ts";
import type { DevEvent } from "../../local/dev/events.ts";
import { currentFolder, requireRoot } from "../../project/files/project-root.ts";
import { requireTarget } from "../context/linking.ts";
import { openContext, requireEnvironmentName } from "../context/open-project.ts";
import type { Environment } from "../shell/process-environment.ts";
import type { Terminal } from "../shell/terminal.ts";
import { callFunction, type FunctionAnswer, type FunctionRequest } from "./function-request.ts";
import { DEV_HOST, hiddenFiles } from "./serve.ts";

export interface Invocation extends Omit<FunctionRequest, "url"> {
	/** The function. */
	readonly name: string;
	/** Path and query below the function. Begins with `/`. */
	readonly path: string;
	/** The name of the environment in the vault. */
	readonly environmentName: string;
}

/**
 * The source of the answer: a running `coffer dev`, a process for this one request, or the platform. Stable: programs
 * rely on the words.
 */
export type AnsweredBy = "dev" | "once" | "platform";

export interface Invoked extends FunctionAnswer {
	readonly by: AnsweredBy;
	readonly url: string;
}

/**
 * Sends a request to the function on the linked platform.
 * @throws AppError as `requireTarget` and `callFunction`
 */
export async function invokeLinked(invocation: Invocation): Promise<Invoked> {
	const { environmentName, signal } = invocation;
	requireEnvironmentName(environmentName);
	const root = requireRoot(currentFolder());
	const { binding, remote } = await requireTarget(root, environmentName, BASE44_HINT, { signal });
	const { url } = await remote.showApp(binding.app);
	return await answerOf(invocation, url.replace(/\/$/, ""), "platform");
}

const BASE44_HINT = "Leave out --linked to call the function on this machine.";

/**
 * Sends a request to the function on this machine: to a running `coffer dev`, or to a process that is started for it.
 * @throws AppError `FUNCTION_START_FAILED` (exit 1), as `DevServer.open` and `callFunction`
 */
export async function invokeLocally(
	invocation: Invocation,
	environment: Environment,
	terminal: Terminal,
): Promise<Invoked> {
	const { environmentName, name } = invocation;
	requireEnvironmentName(environmentName);
	const root = requireRoot(currentFolder());
	const { findRunningDev } = await import("../../local/dev/dev-folder.ts");
	const place = { root, environment: environmentName, stateFolder: environment.stateDirectory };
	const running = await findRunningDev(place);
	if (running !== undefined) return await answerOf(invocation, running, "dev");

	const context = await openContext(environment, environmentName);
	const { DevServer } = await import("../../local/dev/dev-server.ts");
	let failure: Extract<DevEvent, { event: "failed" }> | undefined;
	await using server = await DevServer.open({
		...{ allowNet: [], context, isShared: false },
		names: [name],
		identity: newIdentity(),
		address: { host: DEV_HOST, port: 0 },
		hidden: hiddenFiles(environment),
		onEvent: (event) => {
			if (event.event === "failed") failure = event;
			if (event.event === "log") terminal.note(event.message);
			if (event.event === "caution") terminal.warn(event.message);
		},
	});
	await server.start(false, invocation.signal);
	invocation.signal.throwIfAborted();
	if (failure !== undefined) throw startFailed(name, failure.error);
	return await answerOf(invocation, server.url, "once");
}

async function answerOf(invocation: Invocation, base: string, by: AnsweredBy): Promise<Invoked> {
	const url = new URL(`${base}/${invocation.name}${invocation.path === "/" ? "" : invocation.path}`);
	const answer = await callFunction({ ...invocation, url });
	return { ...answer, by, url: url.href };
}

function startFailed(name: string, error: string): AppError {
	return new AppError({
		code: "FUNCTION_START_FAILED",
		message: `The function ${name} does not start.\n${error}`,
		hint: "No request was sent.",
		exit: EXIT.failure,
	});
}
