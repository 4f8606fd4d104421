/** Chooses functions of an app on the platform by name. */
import { AppError, EXIT } from "../../errors.ts";
import { unknownFunctions } from "../../modules/function-name.ts";
import type { FunctionList } from "../../protocol/function-list.ts";
import type { LinkTarget } from "./link-target.ts";

/** The functions of the app with these names, or all. @throws AppError `FUNCTION_NOT_FOUND` (exit 4) */
export async function chooseFunctions(
	target: LinkTarget,
	names: readonly string[],
): Promise<FunctionList["functions"]> {
	const { functions } = await target.remote.listFunctions(target.binding.app);
	if (names.length === 0) return functions;
	const absent = names.filter((name) => !functions.some((one) => one.name === name));
	if (absent.length === 0) return functions.filter(({ name }) => names.includes(name));
	throw new AppError({
		code: "FUNCTION_NOT_FOUND",
		message: `App '${target.binding.app}' has no function ${unknownFunctions(absent)}.`,
		hint: "'coffer functions list' shows the functions that are deployed.",
		exit: EXIT.notFound,
	});
}
