/** What the commands about a platform's identity share. */
import { Flags } from "@oclif/core";
import { AppError, EXIT } from "../../errors.ts";
import { type Identity, sameIdentity } from "../../identity/identity.ts";
import type { PlatformIdentity } from "../../identity/platform-identity.ts";
import type { Environment } from "../shell/process-environment.ts";
import { findIdentity } from "./open-project.ts";

/** Where a platform's identity is from, for a person. */
export const SOURCES: Readonly<Record<PlatformIdentity["source"], string>> = {
	keychain: "the system's keychain",
	file: "its file",
	environment: "COFFER_PLATFORM_IDENTITY",
};

/** `--identity-file`, as `platform start` has it. */
export const platformIdentityFlag = (description: string) =>
	Flags.string({ description: `${description}; the keychain if left out`, helpValue: "FILE" });

/**
 * A platform with a person's identity could open every vault of that person: somebody took the wrong file.
 * @throws AppError `PLATFORM_IDENTITY_PERSONAL` (exit 3) where it is this device's own identity
 */
export async function refusePersonal(identity: Identity, environment: Environment): Promise<void> {
	// Where this device's own identity cannot be had, there is nothing to compare with.
	const own = await findIdentity(environment).catch(() => undefined);
	if (own === undefined || !sameIdentity(own.identity, identity)) return;
	throw new AppError({
		code: "PLATFORM_IDENTITY_PERSONAL",
		message: "That is this device's own identity, and not a platform's. Nothing was kept.",
		hint: "Name the file that 'coffer platform identity export' wrote.",
		exit: EXIT.unauthorised,
	});
}
