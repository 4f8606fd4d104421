/**
 * `keytar`, the native keychain library, with time limits. It is loaded with the first call, because most
 * commands need no keychain and loading takes time.
 *
 * A call that is not answered in time occupies a thread of libuv, and libuv joins its threads when a process ends:
 * `process.exit` would hang as long as the call does (25 s for a silent service, forever behind a prompt). Therefore
 * the code that ends the process calls `releaseKeychain` first.
 */
import { readdirSync, readlinkSync } from "node:fs";
import type { Socket } from "node:net";
import { AppError } from "../../errors.ts";
import { printable } from "../../printable.ts";
import { keychainError } from "./keychain-error.ts";

/** The keychain without checks: it may show a prompt. If the signal aborts, a method throws the signal's reason. */
export interface NativeKeychain {
	get(account: string, signal: AbortSignal): Promise<string | undefined>;
	set(account: string, value: string, signal: AbortSignal): Promise<void>;
	delete(account: string, signal: AbortSignal): Promise<boolean>;
}

type Keytar = typeof import("keytar");

/** Native calls that have not returned, abandoned ones included. */
const pending = new Set<Promise<unknown>>();
/** The sockets that were open before the first native call. */
let earlierSockets: ReadonlySet<string> | undefined;

export function nativeKeychain(service: string): NativeKeychain {
	return {
		get: async (account, signal) =>
			(await bounded((keytar) => keytar.getPassword(service, account), signal)) ?? undefined,
		set: (account, value, signal) => bounded((keytar) => keytar.setPassword(service, account, value), signal),
		delete: (account, signal) => bounded((keytar) => keytar.deletePassword(service, account), signal),
	};
}

async function loadKeytar(): Promise<Keytar> {
	try {
		return (await import("keytar")).default;
	} catch (error) {
		const detail = "its native library cannot be loaded (on Linux it needs libsecret)";
		throw keychainError("KEYCHAIN_UNAVAILABLE", detail, error);
	}
}

async function bounded<T>(call: (keytar: Keytar) => Promise<T>, signal: AbortSignal): Promise<T> {
	const keytar = await loadKeytar();
	signal.throwIfAborted();
	earlierSockets ??= openSockets();
	const work = call(keytar);
	pending.add(work);
	const settled = () => pending.delete(work);
	work.then(settled, settled);

	let abort = () => {};
	const aborted = new Promise<never>((_, reject) => {
		abort = () => reject(signal.reason);
		signal.addEventListener("abort", abort, { once: true });
	});
	try {
		return await Promise.race([work, aborted]);
	} catch (error) {
		throw error instanceof AppError ? error : nativeError(error);
	} finally {
		signal.removeEventListener("abort", abort);
	}
}

/** The library's errors differ only by their text. */
function nativeError(error: unknown): AppError {
	const text = error instanceof Error ? error.message : "";
	if (/timeout|timed out/i.test(text)) return keychainError("KEYCHAIN_TIMEOUT", undefined, error);
	if (/denied|dismissed|cancell?ed|not correct/i.test(text))
		return keychainError("KEYCHAIN_DENIED", undefined, error);
	if (/locked|interaction is not allowed/i.test(text))
		return keychainError("KEYCHAIN_LOCKED", undefined, error);
	return keychainError("KEYCHAIN_UNAVAILABLE", printable(text, 200).replace(/\.$/, "") || undefined, error);
}

/**
 * Abandons native calls whose time limit has passed, so that `process.exit` does not hang. Called once, by the code
 * that ends the process, after all output is flushed: it closes connections of the process.
 *
 * @returns whether the process can end by `process.exit`. If it cannot (a call is still running and there is no
 *   connection to close), only a signal ends it: `process.kill(process.pid, "SIGKILL")`.
 */
export async function releaseKeychain(waitMs = 500): Promise<boolean> {
	if (pending.size === 0) return true;
	// GLib raises SIGTERM in its own process when its bus disconnects. This listener ignores it.
	process.on("SIGTERM", () => {});
	const net = await import("node:net");
	for (const descriptor of openSockets())
		if (!earlierSockets?.has(descriptor)) endConnection(Number(descriptor), net.Socket);
	let timer: NodeJS.Timeout | undefined;
	const timeout = new Promise<void>((resolve) => {
		timer = setTimeout(resolve, waitMs);
	});
	await Promise.race([Promise.allSettled(pending), timeout]);
	clearTimeout(timer);
	return pending.size === 0;
}

/** Closes our direction of a connection. The bus answers by closing the other, and calls on it fail at once. */
function endConnection(descriptor: number, Connection: typeof Socket): void {
	try {
		const socket = new Connection({ fd: descriptor, readable: false, writable: true });
		socket.on("error", () => {});
		socket.end();
	} catch {
		// Not a stream socket, so not the bus.
	}
}

/** The descriptors of open sockets, without the standard streams. Linux only; empty elsewhere. */
function openSockets(): Set<string> {
	const folder = "/proc/self/fd";
	const sockets = new Set<string>();
	for (const descriptor of listed(folder)) {
		try {
			if (Number(descriptor) > 2 && readlinkSync(`${folder}/${descriptor}`).startsWith("socket:")) {
				sockets.add(descriptor);
			}
		} catch {
			// The descriptor that read the folder itself is closed by now.
		}
	}
	return sockets;
}

function listed(folder: string): string[] {
	try {
		return readdirSync(folder);
	} catch {
		return [];
	}
}
