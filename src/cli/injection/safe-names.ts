/** Refuses secrets whose names make a program load code, before they become environment variables. */
import { AppError, EXIT } from "../../errors.ts";
import { unsafeReason } from "../shell/unsafe-names.ts";

/** The words of the error. */
export interface UnsafeUse {
	/** What was not done, as a clause: "The command was not run". */
	readonly refused: string;
	/** The command that allows names; the flags follow its first part, and `rest` follows them. */
	readonly command: string;
	readonly rest?: string;
}

/**
 * Refuses unsafe names that the user did not allow.
 * @param allowed names that the user allows
 * @throws AppError `NAME_UNSAFE` (exit 2), which names each of them
 */
export function requireSafeNames(
	names: Iterable<string>,
	allowed: readonly string[],
	environment: string,
	{ command, refused, rest = "" }: UnsafeUse,
): void {
	const unsafe = [...names]
		.filter((name) => !allowed.includes(name))
		.flatMap((name) => {
			const reason = unsafeReason(name);
			return reason === undefined ? [] : [{ name, reason }];
		});
	if (unsafe.length === 0) return;
	const reasons = unsafe.map(({ name, reason }) => `${name} (${reason})`).join(", ");
	const flags = unsafe.map(({ name }) => `--allow-unsafe ${name}`).join(" ");
	throw new AppError({
		code: "NAME_UNSAFE",
		message: `${refused}, because ${environment} has secrets whose names can make a program load code: ${reasons}.`,
		hint: `If you trust their values: ${command} ${flags}${rest}. Otherwise rename the secrets.`,
		exit: EXIT.usage,
	});
}
