/**
 * The data directory of a platform whose store is elsewhere: logs, sockets and the stored data of functions. It is
 * claimed without SQLite, which such a platform does not load.
 */
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { readFile, realpath, rm } from "node:fs/promises";
import { connect, createServer, type Server } from "node:net";
import { join, resolve } from "node:path";
import { hash } from "../../crypto.ts";
import { AppError } from "../../errors.ts";
import { syncDirectory } from "./durable.ts";
import {
	createPrivateFile,
	type DataDirectory,
	directoryInUse,
	directoryUnusable,
	makePrivate,
	NODE_FILE,
} from "./private-directory.ts";

export interface NodeDirectory extends DataDirectory {
	/** Identifies this directory. It stays the same when the platform starts again. */
	readonly node: string;
}

/**
 * The name that the lock listens on. On Linux and Windows it is no file, so the system releases it when the process ends
 * for any reason.
 */
function lockName(path: string): string {
	const name = `coffer-${Buffer.from(hash(path)).toString("hex").slice(0, 32)}`;
	if (process.platform === "linux") return `\0${name}`;
	return process.platform === "win32" ? `\\\\.\\pipe\\${name}` : join(path, "node.sock");
}

async function listen(name: string): Promise<Server> {
	const server = createServer((socket) => socket.destroy());
	server.listen({ path: name });
	await once(server, "listening");
	server.unref();
	return server;
}

/** Whether a process listens on a socket. */
async function isAnswered(name: string): Promise<boolean> {
	const socket = connect(name);
	try {
		await once(socket, "connect");
		return true;
	} catch {
		return false;
	} finally {
		socket.destroy();
	}
}

async function lock(path: string): Promise<Server> {
	const name = lockName(await realpath(path));
	try {
		return await listen(name);
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code !== "EADDRINUSE") throw error;
		// Elsewhere than on Linux and Windows, a killed process leaves the file of its socket.
		const isFile = name.startsWith("/");
		if (!isFile || (await isAnswered(name))) throw directoryInUse(path, error);
		await rm(name, { force: true });
		return await listen(name);
	}
}

/** The name in a directory's file. A directory without one gets one. */
export async function nodeOf(path: string): Promise<string> {
	const file = join(path, NODE_FILE);
	for (;;) {
		await createPrivateFile(file, randomUUID());
		await syncDirectory(path);
		const node = (await readFile(file, "utf8")).trim();
		if (node !== "") return node;
		// A crash came between the file and its content.
		await rm(file);
	}
}

/**
 * Prepares the directory (mode 0700) and claims it for this process.
 * @throws AppError `DATA_DIR_IN_USE`, `DATA_DIR_EXPOSED` or `DATA_DIR_UNUSABLE` (exit 1)
 */
export async function claimNodeDirectory(directory: string): Promise<NodeDirectory> {
	const path = resolve(directory);
	try {
		await makePrivate(path);
		const server = await lock(path);
		return { path, node: await nodeOf(path), release: () => void server.close() };
	} catch (error) {
		throw error instanceof AppError ? error : directoryUnusable(path, error);
	}
}
