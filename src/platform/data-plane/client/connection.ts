/**
 * Connects to the data plane of a data directory: takes over the running one if it fits, and starts one otherwise. If it
 * ends, another one is started.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdir, mkdtemp, readlink, rm, rmdir, symlink } from "node:fs/promises";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { Channel, type Handlers } from "../../channel/channel.ts";
import { decodeError, type EncodedError } from "../../channel/remote-error.ts";
import type { FaultBoundary } from "../../faults/error-boundary.ts";
import { configurationHash, type DataPlaneConfiguration } from "../configuration.ts";
import { type ControlPlaneContract, type DataPlaneContract, PROTOCOL, type Welcome } from "../messages.ts";

/** A connected data plane. */
export interface Connected {
	readonly channel: Channel<ControlPlaneContract, DataPlaneContract>;
	readonly welcome: Welcome;
}

export interface ConnectionOptions {
	/** The folder with the link to the data plane's socket. */
	readonly directory: string;
	/** The path of the data plane's program. */
	readonly program: string;
	readonly configuration: Omit<DataPlaneConfiguration, "socketPath">;
	readonly handlers: Handlers<ControlPlaneContract>;
	readonly faults: FaultBoundary;
}

const LINK = "data-plane";
/** The longest path of a socket. The smallest limit of any system is 104 bytes, including the final NUL. */
const SOCKET_PATH_BYTES = 103;

/**
 * Takes over the running data plane. One with another configuration or other messages is stopped.
 * @returns undefined if none runs any more
 */
export async function takeOver(options: ConnectionOptions): Promise<Connected | undefined> {
	const path = await readlink(join(options.directory, LINK)).catch(() => undefined);
	const socket = path === undefined ? undefined : await open(path).catch(() => undefined);
	if (socket === undefined) return undefined;
	const connected = await greet(socket, options);
	const { configuration, protocol } = connected.welcome;
	const expected = configurationHash({ ...options.configuration, socketPath: "" });
	if (protocol === PROTOCOL && configuration === expected) return connected;
	await connected.channel.call("close", null).catch(() => undefined);
	await connected.channel.closed;
	return undefined;
}

/**
 * Starts a data plane and connects to it.
 * @throws AppError of the runtime, such as `ALLOW_NET_INVALID`; Error if the program does not start
 */
export async function startDataPlane(options: ConnectionOptions): Promise<Connected> {
	const socketPath = await newSocketPath(options.directory);
	const child = spawn(process.execPath, [options.program], {
		cwd: "/",
		// Ctrl-C in the platform's terminal must not end it. The platform ends it.
		detached: true,
		stdio: ["pipe", "pipe", "inherit"],
	});
	child.stdin?.on("error", () => {});
	child.stdin?.end(JSON.stringify({ ...options.configuration, socketPath }));
	await ready(child);
	child.unref();
	return await greet(await open(socketPath), options);
}

async function greet(socket: Socket, { faults, handlers }: ConnectionOptions): Promise<Connected> {
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
