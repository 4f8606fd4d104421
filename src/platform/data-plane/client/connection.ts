/**
 * Connects to the data plane of a data directory: takes over the running one if it fits, and starts one otherwise. If it
 * ends, another one is started.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdir, mkdtemp, open as openFile, readlink, rm, rmdir, symlink } from "node:fs/promises";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { Channel, ChannelClosed, type Handlers } from "../../channel/channel.ts";
import { decodeError, type EncodedError } from "../../channel/remote-error.ts";
import { FaultBoundary } from "../../faults/error-boundary.ts";
import { configurationHash, type DataPlaneConfiguration } from "../configuration.ts";
import { type ControlPlaneContract, type DataPlaneContract, PROTOCOL, type Welcome } from "../messages.ts";

/** A connected data plane. */
export interface Connected {
	readonly channel: Channel<ControlPlaneContract, DataPlaneContract>;
	readonly welcome: Welcome;
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

const LINK = "data-plane";
/** A data plane notices the end of a platform within this number of attempts to call it. */
const ATTEMPTS = 40;
const ATTEMPT_MS = 50;
/** The longest path of a socket. The smallest limit of any system is 104 bytes, including the final NUL. */
const SOCKET_PATH_BYTES = 103;

/**
 * Takes over the running data plane. One with another configuration or other messages is stopped.
 * @returns undefined if none runs any more
 */
export async function takeOver(options: ConnectionOptions): Promise<Connected | undefined> {
	const connected = await callRunning(options);
	if (connected === undefined) return undefined;
	if (fits(connected.welcome, options.configuration)) return connected;
	await connected.channel.call("close", null).catch(() => undefined);
	await connected.channel.closed;
	return undefined;
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
async function callRunning(options: Caller): Promise<Connected | undefined> {
	for (let attempt = 1; ; attempt++) {
		const path = await readlink(join(options.directory, LINK)).catch(() => undefined);
		const socket = path === undefined ? undefined : await open(path).catch(() => undefined);
		if (socket === undefined) return undefined;
		try {
			return await greet(socket, options);
		} catch (error) {
			// A platform that has just been killed may still count as connected.
			if (!(error instanceof ChannelClosed) || attempt === ATTEMPTS) throw error;
			await setTimeout(ATTEMPT_MS);
		}
	}
}

/**
 * Stops the data plane that a killed platform left running, or one that was left for the next platform.
 * @returns whether there was one
 * @throws `ChannelClosed` if a platform is connected to it
 */
export async function stopLeft(directory: string): Promise<boolean> {
	const connected = await callRunning({
		directory,
		handlers: NO_HANDLERS,
		faults: new FaultBoundary("process"),
	});
	if (connected === undefined) return false;
	await connected.channel.call("close", null).catch(() => undefined);
	await connected.channel.closed;
	await removeSocket(directory);
	return true;
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
	return await greet(await open(socketPath), options);
}

/** The file with what Node itself writes if a data plane crashes. */
export function errorFile(directory: string): string {
	return join(directory, "data-plane.stderr");
}

async function greet(
	socket: Socket,
	{ faults, handlers }: Pick<Caller, "faults" | "handlers">,
): Promise<Connected> {
	const channel: Connected["channel"] = new Channel(socket, handlers, faults);
	const { data: welcome } = await channel.call("hello", { protocol: PROTOCOL });
	return { channel, welcome };
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

/** Removes the socket of a data plane that has ended. */
export async function removeSocket(directory: string): Promise<void> {
	const link = join(directory, LINK);
	const socket = await readlink(link).catch(() => undefined);
	await rm(link, { force: true });
	if (socket === undefined) return;
	await rm(socket, { force: true });
	// The folder is empty, unless something else is in it.
	await rmdir(dirname(socket)).catch(() => undefined);
}

/** A path for the socket of a new data plane, to which the link in the directory leads. */
async function newSocketPath(directory: string): Promise<string> {
	const link = join(directory, LINK);
	await mkdir(directory, { recursive: true, mode: 0o700 });
	await removeSocket(directory);
	const near = join(directory, "plane", "s");
	const isShort = Buffer.byteLength(near) <= SOCKET_PATH_BYTES;
	const path = isShort ? near : join(await mkdtemp(join(tmpdir(), "coffer-plane-")), "s");
	await mkdir(dirname(path), { recursive: true, mode: 0o700 });
	await rm(path, { force: true });
	await symlink(path, link);
	return path;
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
