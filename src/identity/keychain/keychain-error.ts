/**
 * The errors of a keychain. Each has exit status 3: a command that gets no identity from the keychain fails, and does
 * not try a less secure place.
 */
import { AppError, EXIT } from "../../errors.ts";

const ELSEWHERE =
	"pass the identity in COFFER_IDENTITY, or set COFFER_IDENTITY_FILE to the path of a file for it, which 'coffer init' or 'coffer identity new' makes";

const FAULTS = {
	/** There is no keychain, or it does not work. */
	KEYCHAIN_UNAVAILABLE: {
		message: "The system's keychain is not available",
		hint: `Start a session with a keychain (on Linux a Secret Service such as gnome-keyring), or ${ELSEWHERE}.`,
	},
	KEYCHAIN_LOCKED: {
		message: "The system's keychain is locked",
		hint: `Unlock it (log in to the desktop, or open its password manager) and run the command again, or ${ELSEWHERE}.`,
	},
	KEYCHAIN_DENIED: {
		message: "The system's keychain denied the access",
		hint: `Allow it and run the command again, or ${ELSEWHERE}.`,
	},
	KEYCHAIN_TIMEOUT: {
		message: "The system's keychain did not answer in time",
		hint: `Check whether a window waits for a password, or ${ELSEWHERE}.`,
	},
} as const;

export type KeychainFault = keyof typeof FAULTS;

/** @param detail the cause, as a clause; never anything that the keychain holds */
export function keychainError(code: KeychainFault, detail?: string, cause?: unknown): AppError {
	const { message, hint } = FAULTS[code];
	return new AppError({
		code,
		message: detail === undefined ? `${message}.` : `${message}: ${detail}.`,
		hint,
		exit: EXIT.unauthorised,
		cause,
	});
}
