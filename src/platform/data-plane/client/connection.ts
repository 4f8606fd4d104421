/**
 * Connects to the data plane of a data directory: takes over the running one if it fits, and starts one otherwise. If it
 * ends, another one is started.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { open as openFile } from "node:fs/promises";
import { connect, type Socket } from "node:net";
import { setTimeout } from "node:timers/promises";
import { Channel, ChannelClosed, type Handlers } from "../../channel/channel.ts";
import { decodeError, type EncodedError } from "../../channel/remote-error.ts";
import { FaultBoundary } from "../../faults/error-boundary.ts";
import { configurationHash, type DataPlaneConfiguration } from "../configuration.ts";
import { type ControlPlaneContract, type DataPlaneContract, PROTOCOL, type Welcome } from "../messages.ts";
import { errorFile, newSocketPath, pidOf, removeSocket, socketOf } from "./socket-files.ts";
import { ANSWER_MS, CLOSE_MS, kill, TimeLimitExceeded, Unresponsive, unresponsive, within } from "./stuck.ts";

/** A connected data plane. */
export interface Connected {
	readonly channel: Channel<ControlPlaneContract, DataPlaneContract>;
	readonly welcome: Welcome;
	/** The process id of the data plane. Undefined if one of an earlier version did not write it down. */
	readonly pid: number | undefined;
}

interface Caller {
	/** The folder with the link to the data plane's socket. */
	readonly directory: string;
	readonly handlers: Handlers<ControlPlaneContract>;
	readonly faults: FaultBoundary;
}

export interface ConnectionOptions extends Caller {
	/** The path of the data plane's program. */
	readonly program: string;
	/** The process environment of the data plane and its gateways. It has no credentials. */
	readonly environment: Readonly<Record<string, string | undefined>>;
	readonly configuration: Omit<DataPlaneConfiguration, "socketPath">;
}

/** A data plane notices the end of a platform within this number of attempts to call it. */
const ATTEMPTS = 40;
const ATTEMPT_MS = 50;
/**
 * Takes over the running data plane. One with another configuration or other messages is stopped.
 * @returns undefined if none runs any more
 * @throws AppError `FUNCTIONS_UNRESPONSIVE` (exit 1) if it does not answer; `ChannelClosed` if another platform is
 *   connected to it
 */
export async function takeOver(options: ConnectionOptions): Promise<Connected | undefined> {
	const connected = await callRunning(options);
	if (connected === undefined) return undefined;
	if (connected instanceof Unresponsive) {
		connected.channel.close();
		throw unresponsive(connected.pid);
	}
	if (fits(connected.welcome, options.configuration)) return connected;
	if (await endsInTime(connected)) return undefined;
	connected.channel.close();
	throw unresponsive(connected.pid);
}

/** Stops a data plane, which lets requests in progress finish. @returns whether it has ended in time */
async function endsInTime({ channel }: Connected): Promise<boolean> {
	channel.call("close", null).catch(() => undefined);
	return await within(CLOSE_MS, channel.closed).then(
		() => true,
		() => false,
	);
}

/**
 * Stops a data plane. Kills it if it does not end in time.
 * @returns whether it was killed
 * @throws AppError `FUNCTIONS_UNRESPONSIVE` (exit 1) if it cannot be killed
 */
export async function stopDataPlane(connected: Connected | Unresponsive): Promise<boolean> {
	if (!(connected instanceof Unresponsive) && (await endsInTime(connected))) return false;
	const { channel, pid } = connected;
	if (!kill(pid)) {
		channel.close();
		throw unresponsive(pid, "End it by hand, as the user that started it.");
	}
	await channel.closed;
	return true;
}

/** Whether a data plane is as this platform would start it. */
function fits(
	{ configuration, port, protocol }: Welcome,
	wanted: ConnectionOptions["configuration"],
): boolean {
	if (protocol !== PROTOCOL || configuration !== configurationHash(wanted)) return false;
	return port === undefined || wanted.gateway.port === 0 || wanted.gateway.port === port;
}

/**
 * Connects to the running data plane.
 * @returns undefined if none runs
 * @throws `ChannelClosed` if another platform is connected to it
 */
async function callRunning(options: Caller): Promise<Connected | Unresponsive | undefined> {
	for (let attempt = 1; ; attempt++) {
		const path = await socketOf(options.directory);
		if (path === undefined) return undefined;
		const pid = await pidOf(path);
		const socket = await open(path).catch(() => undefined);
		if (socket === undefined) return undefined;
		try {
			return await greet(socket, pid, options);
		} catch (error) {
			if (error instanceof Unresponsive) return error;
			// A platform that has just been killed may still count as connected.
			if (!(error instanceof ChannelClosed) || attempt === ATTEMPTS) throw error;
			await setTimeout(ATTEMPT_MS);
		}
	}
}

/**
 * Stops the data plane that a killed platform left running, or one that was left for the next platform.
 * @returns whether there was one, and the process id of one that had to be killed
 * @throws `ChannelClosed` if a platform is connected to it; AppError `FUNCTIONS_UNRESPONSIVE` as `stopDataPlane`
 */
export async function stopLeft(directory: string): Promise<{ stopped: boolean; killed?: number }> {
	const connected = await callRunning({
		directory,
		handlers: NO_HANDLERS,
		faults: new FaultBoundary("process"),
	});
	if (connected === undefined) return { stopped: false };
	const isKilled = await stopDataPlane(connected);
	await removeSocket(directory);
	return { stopped: true, ...(isKilled && connected.pid !== undefined && { killed: connected.pid }) };
}

/** Whether a data plane runs for a directory. It is not disturbed. */
export async function hasLeftDataPlane(directory: string): Promise<boolean> {
	const path = await socketOf(directory);
	const socket = path === undefined ? undefined : await open(path).catch(() => undefined);
	socket?.destroy();
	return socket !== undefined;
}

/**
 * Starts a data plane and connects to it.
 * @throws AppError of the runtime, such as `ALLOW_NET_INVALID`; Error if the program does not start
 */
export async function startDataPlane(options: ConnectionOptions): Promise<Connected> {
	const socketPath = await newSocketPath(options.directory);
	// Not the platform's own stderr, because programs that read it wait until all writers have closed it.
	const errors = await openFile(errorFile(options.directory), "w", 0o600);
	const child = spawn(process.execPath, [options.program], {
		cwd: "/",
		env: options.environment,
		// Ctrl-C in the platform's terminal must not end it. The platform ends it.
		detached: true,
		stdio: ["pipe", "pipe", errors.fd],
	});
	await errors.close();
	child.stdin?.on("error", () => {});
	child.stdin?.end(JSON.stringify({ ...options.configuration, socketPath }));
	await ready(child);
	child.unref();
	try {
		return await greet(await open(socketPath), child.pid, options);
	} catch (error) {
		// A second data plane would be started beside it.
		child.kill("SIGKILL");
		throw error;
	}
}

/** @throws `Unresponsive` if there is no answer in time */
async function greet(
	socket: Socket,
	pid: number | undefined,
	{ faults, handlers }: Pick<Caller, "faults" | "handlers">,
): Promise<Connected> {
	const channel: Connected["channel"] = new Channel(socket, handlers, faults);
	try {
		const { data: welcome } = await within(ANSWER_MS, channel.call("hello", { protocol: PROTOCOL }));
		return { channel, welcome, pid };
	} catch (error) {
		throw error instanceof TimeLimitExceeded ? new Unresponsive(channel, pid) : error;
	}
}

function open(path: string): Promise<Socket> {
	return new Promise((resolve, reject) => {
		const socket = connect(path);
		socket.once("error", reject);
		socket.once("connect", () => {
			socket.off("error", reject);
			resolve(socket);
		});
	});
}

/** Waits until the program has written one line: nothing but the line feed if it is ready, or its error. */
async function ready(child: ChildProcess): Promise<void> {
	let text = "";
	const { stdout } = child;
	stdout?.setEncoding("utf8");
	await new Promise<void>((resolve, reject) => {
		child.once("error", reject);
		stdout?.on("data", (part: string) => {
			text += part;
			if (text.includes("\n")) resolve();
		});
		child.once("exit", () => reject(new Error("The data plane ended before it was ready.")));
	});
	stdout?.destroy();
	const error = text.trim();
	if (error !== "") throw decodeError(JSON.parse(error) as EncodedError);
}

const unexpected = async (): Promise<never> => {
	throw new Error("This caller offers nothing.");
};
const ignored = () => {};

/** The handlers of a caller that only stops the data plane. */
const NO_HANDLERS: Handlers<ControlPlaneContract> = {
	calls: { ensure: unexpected, readFile: unexpected, sync: unexpected },
	events: {
		...{
			activity: ignored,
			answered: ignored,
			exited: ignored,
			fault: ignored,
			lines: ignored,
			log: ignored,
		},
		...{ read: ignored, refused: ignored, report: ignored, stuck: ignored },
	},
};
