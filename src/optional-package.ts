/**
 * The error for an optional npm package that is not installed. The bundle loads every optional package through this
 * module (scripts/bundle/bundle.mjs).
 */
import { AppError, EXIT } from "./errors.ts";

function isMissing(error: unknown): boolean {
	return error instanceof Error && "code" in error && error.code === "MODULE_NOT_FOUND";
}

/**
 * Loads an optional package.
 * @param name the package's name in the `optionalDependencies` of package.json
 * @param load calls `require` with that name
 * @returns the package's exports
 * @throws AppError `PACKAGE_MISSING` (exit 1) if the package, or its binary for this machine, is not installed
 */
export function loadOptionalPackage(name: string, load: () => unknown): unknown {
	try {
		return load();
	} catch (error) {
		if (!isMissing(error)) throw error;
		throw new AppError({
			code: "PACKAGE_MISSING",
			message: `This needs the npm package ${name}, which is not installed for this machine.`,
			hint: "Install Coffer again with its optional packages: npm's --omit=optional leaves them out.",
			exit: EXIT.failure,
			cause: error,
		});
	}
}
