/** Flags, texts and checks that the commands about a platform's identity share. */
import { Flags } from "@oclif/core";
import { AppError, EXIT } from "../../errors.ts";
import { type Identity, sameIdentity } from "../../identity/identity.ts";
import type { PlatformIdentity } from "../../identity/platform-identity.ts";
import type { Environment } from "../shell/process-environment.ts";
import { findIdentity } from "./open-project.ts";

/** Where a platform's identity is stored, as a text for messages. */
export const SOURCES: Readonly<Record<PlatformIdentity["source"], string>> = {
	keychain: "the system's keychain",
	file: "its file",
	environment: "COFFER_PLATFORM_IDENTITY",
};

/** `--identity-file`, as `platform start` has it. */
export const platformIdentityFlag = (description: string) =>
	Flags.string({ description: `${description}; defaults to the keychain`, helpValue: "FILE" });

/**
 * Rejects this device's own identity as a platform's: the platform could open every vault of the user.
 * @throws AppError `PLATFORM_IDENTITY_PERSONAL` (exit 3) if it is this device's own identity
 */
export async function refusePersonal(identity: Identity, environment: Environment): Promise<void> {
	// If this device's own identity cannot be read, there is nothing to compare with.
	const personal = await findIdentity(environment).catch(() => undefined);
	if (personal === undefined || !sameIdentity(personal.identity, identity)) return;
	throw new AppError({
		code: "PLATFORM_IDENTITY_PERSONAL",
		message: "The file contains this device's own identity, not a platform's. Nothing was stored.",
		hint: "Name the file that 'coffer platform identity export' wrote.",
		exit: EXIT.unauthorised,
	});
}
