/** Which failed starts say something about the function. */
import { expect, test } from "vitest";
import { AppError, EXIT } from "../../../../src/errors.ts";
import { isCutOff, startFailure } from "../../../../src/platform/redeploy/starts/start-failure.ts";

const failed = (code: string) =>
	new AppError({ code, message: "It failed.", hint: "Try again.", exit: EXIT.failure });

test.each([
	["FUNCTION_START_FAILED", true, false],
	["BUNDLE_MISSING", true, false],
	["PLATFORM_FULL", false, false],
	["NODE_CUT_OFF", false, true],
	["STORE_UNREACHABLE", false, true],
	["STORE_FULL", false, true],
	["STORE_UNUSABLE", false, true],
])("%s: attempted %s, left to other nodes %s", (code, isAttempted, isLeft) => {
	const error = failed(code);
	expect(startFailure(error).notAttempted).toBe(isAttempted ? undefined : error);
	expect(isCutOff(error)).toBe(isLeft);
});
