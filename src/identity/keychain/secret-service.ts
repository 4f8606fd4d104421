/**
 * Checks the state of the desktop's Secret Service (freedesktop.org's specification, as gnome-keyring, KWallet
 * and KeePassXC implement it) before the native library uses it.
 */
import { join } from "node:path";
import { AppError } from "../../errors.ts";
import { printable } from "../../printable.ts";
import { type Bus, connectToBus, DbusError, socketPathOf } from "./dbus.ts";
import type { Argument, Reply } from "./dbus-wire.ts";
import { keychainError } from "./keychain-error.ts";

/** The environment variables that locate the session bus. */
export interface BusEnvironment {
	readonly DBUS_SESSION_BUS_ADDRESS?: string | undefined;
	readonly XDG_RUNTIME_DIR?: string | undefined;
}

export type KeychainUse = "get" | "set" | "delete";

const SERVICE = "org.freedesktop.secrets";
const SERVICE_PATH = "/org/freedesktop/secrets";
const SERVICE_INTERFACE = "org.freedesktop.Secret.Service";
const COLLECTION_INTERFACE = "org.freedesktop.Secret.Collection";
/** The path to which an alias without a collection resolves. */
const NO_COLLECTION = "/";

/**
 * Checks that the service will answer without a prompt.
 * @param attributes the entry's attributes
 * @throws AppError (exit 3) as the methods of `Keychain`, or the signal's reason when it aborts
 */
export async function assertReady(
	use: KeychainUse,
	attributes: { service: string; account: string },
	environment: BusEnvironment,
	signal: AbortSignal,
): Promise<void> {
	const path = busSocket(environment);
	let bus: Bus | undefined;
	try {
		bus = await connectToBus(path, signal);
		await checkCollections(bus, use, attributes);
	} catch (error) {
		if (signal.aborted) throw signal.reason;
		throw error instanceof AppError ? error : busError(error);
	} finally {
		bus?.close();
	}
}

function busSocket(environment: BusEnvironment): string {
	const address = environment.DBUS_SESSION_BUS_ADDRESS;
	if (address) {
		const path = socketPathOf(address);
		if (path !== undefined) return path;
		throw keychainError("KEYCHAIN_UNAVAILABLE", "DBUS_SESSION_BUS_ADDRESS names no Unix socket");
	}
	if (environment.XDG_RUNTIME_DIR) return join(environment.XDG_RUNTIME_DIR, "bus");
	throw keychainError("KEYCHAIN_UNAVAILABLE", "there is no D-Bus session");
}

async function checkCollections(
	bus: Bus,
	use: KeychainUse,
	attributes: { service: string; account: string },
): Promise<void> {
	const collection = (await callService(bus, "ReadAlias", ["default"])).body.text();
	if (use !== "set") {
		const found = await callService(bus, "SearchItems", [new Map(Object.entries(attributes))]);
		const unlocked = found.body.paths();
		const locked = found.body.paths();
		if (use === "get" && unlocked.length > 0) return;
		if (locked.length > 0) throw keychainError("KEYCHAIN_LOCKED");
		if (unlocked.length > 0) return;
	}
	if (collection === NO_COLLECTION) {
		if (use !== "set") return;
		throw keychainError("KEYCHAIN_UNAVAILABLE", "it has no default keyring");
	}
	// Some services do not list the entries of a locked collection, so an entry that is not found may still be in it.
	if (await isLocked(bus, collection)) throw keychainError("KEYCHAIN_LOCKED");
}

async function isLocked(bus: Bus, collection: string): Promise<boolean> {
	const reply = await bus.call({
		destination: SERVICE,
		path: collection,
		interface: "org.freedesktop.DBus.Properties",
		member: "Get",
		arguments: [COLLECTION_INTERFACE, "Locked"],
	});
	return reply.body.booleanVariant();
}

function callService(bus: Bus, member: string, values: readonly Argument[]): Promise<Reply> {
	return bus.call({
		destination: SERVICE,
		path: SERVICE_PATH,
		interface: SERVICE_INTERFACE,
		member,
		arguments: values,
	});
}

function busError(error: unknown): AppError {
	if (error instanceof DbusError) {
		const name = error.errorName.slice(error.errorName.lastIndexOf(".") + 1);
		if (name === "IsLocked") return keychainError("KEYCHAIN_LOCKED", undefined, error);
		if (/AccessDenied|AuthFailed/.test(name)) return keychainError("KEYCHAIN_DENIED", undefined, error);
		const detail = /ServiceUnknown|NameHasNoOwner|\.Spawn\./.test(error.errorName)
			? "no Secret Service is running"
			: `the Secret Service answered ${printable(name)}`;
		return keychainError("KEYCHAIN_UNAVAILABLE", detail, error);
	}
	const detail =
		error instanceof RangeError
			? "its answers do not follow the Secret Service specification"
			: "there is no D-Bus session";
	return keychainError("KEYCHAIN_UNAVAILABLE", detail, error);
}
