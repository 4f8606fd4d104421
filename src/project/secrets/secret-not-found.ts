/** The error for names that an environment does not have. */
import { inEnvironment } from "../../environment-hint.ts";
import { AppError, EXIT } from "../../errors.ts";

/** A hint that names the command which lists the secrets. */
export function listingHint(environment: string): string {
	return `'${inEnvironment("coffer secrets list", environment)}' shows the names.`;
}

/**
 * A name or a pattern for an error message. Other text is not repeated: it may be a value that was typed in the
 * wrong place.
 */
export function shownName(name: string): string {
	return /^[A-Za-z0-9_*?]{1,128}$/.test(name) ? name : "(not a valid name)";
}

/** The error `SECRET_NOT_FOUND` (exit 4). @param names as they are shown; at least one */
export function secretNotFound(
	names: readonly string[],
	environment: string,
	hint = listingHint(environment),
): AppError {
	const [first] = names;
	return new AppError({
		code: "SECRET_NOT_FOUND",
		message:
			names.length === 1
				? `There is no secret ${first} in environment '${environment}'.`
				: `There are no secrets ${names.join(", ")} in environment '${environment}'.`,
		hint,
		exit: EXIT.notFound,
	});
}
