/**
 * The platforms that this device has linked, with their addresses. `coffer.json` is part of a repository. A change of
 * it must not redirect an access token, so a token is sent only to an address that somebody typed on this device.
 *
 * `$XDG_STATE_HOME/coffer/platforms.json` belongs to the device and not to an identity, because a token alone is enough
 * to deploy. It has no MAC: a program that can write this file can write all of the user's files.
 */
import { dirname, join } from "node:path";
import * as z from "zod";
import { FILE_BYTES } from "../../bounded-file.ts";
import { fromUtf8 } from "../../bytes.ts";
import { AppError, EXIT } from "../../errors.ts";
import { readWhole, removeLeftovers, replaceFile } from "../files/atomic-file.ts";
import { withLock } from "../files/vault-lock.ts";
import { makeStateFolder } from "./signed-json.ts";

const FILE = "platforms.json";
const LOCK_FILE = "platforms.lock";

/** A platform at an address. */
export interface PinnedPlatform {
	/** The origin of its control API: scheme, host and port, as `URL` writes them. */
	readonly origin: string;
	/** The fingerprint of its identity: 22 characters of base64. */
	readonly fingerprint: string;
}

const fileSchema = z.strictObject({
	format: z.literal(1),
	platforms: z.array(z.strictObject({ origin: z.string(), fingerprint: z.string() })),
});

function isSame(one: PinnedPlatform, other: PinnedPlatform): boolean {
	return one.origin === other.origin && one.fingerprint === other.fingerprint;
}

/**
 * The platforms that this device has linked.
 * @param stateFolder `$XDG_STATE_HOME/coffer`
 * @throws AppError `STATE_DAMAGED` (exit 7), `FILE_UNREADABLE` (exit 1)
 */
export async function pinnedPlatforms(stateFolder: string): Promise<readonly PinnedPlatform[]> {
	const path = join(stateFolder, FILE);
	const bytes = await readWhole(path, FILE_BYTES.state);
	if (bytes === undefined) return [];
	try {
		return fileSchema.parse(JSON.parse(fromUtf8(bytes) ?? "")).platforms;
	} catch (cause) {
		throw new AppError({
			code: "STATE_DAMAGED",
			message: `The list of linked platforms in ${path} is damaged. Nothing was sent.`,
			hint: `Delete that file (rm '${path}'). The next command says how to link again.`,
			exit: EXIT.integrity,
			cause,
		});
	}
}

/** Adds a platform to the list, or removes it. */
async function change(stateFolder: string, platform: PinnedPlatform, isLinked: boolean): Promise<void> {
	const path = join(stateFolder, FILE);
	await makeStateFolder(dirname(path));
	await withLock(join(stateFolder, LOCK_FILE), async () => {
		const present = await pinnedPlatforms(stateFolder);
		const others = present.filter((one) => !isSame(one, platform));
		if (isLinked === others.length < present.length) return;
		await removeLeftovers(path);
		const platforms = isLinked ? [...others, platform] : others;
		await replaceFile(path, `${JSON.stringify({ format: 1, platforms })}\n`, { mode: 0o600 });
	});
}

/**
 * Remembers that a user linked a platform at an address on this device.
 * @throws AppError `STATE_DAMAGED` (exit 7), `FILE_UNWRITABLE`, `VAULT_LOCKED`, `VAULT_LOCK_FAILED` (exit 1)
 */
export async function pinPlatform(stateFolder: string, platform: PinnedPlatform): Promise<void> {
	await change(stateFolder, platform, true);
}

/** Forgets a platform at an address. @throws AppError as `pinPlatform` */
export async function unpinPlatform(stateFolder: string, platform: PinnedPlatform): Promise<void> {
	await change(stateFolder, platform, false);
}
