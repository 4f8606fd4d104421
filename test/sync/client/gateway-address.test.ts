/** The gateway's address given instead of the control API's: Coffer detects it, and looks for the right one. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { AppError } from "../../../src/errors.ts";
import { errorFromProblem } from "../../../src/protocol/problem.ts";
import { parseToken } from "../../../src/protocol/token.ts";
import { explainGateway } from "../../../src/sync/client/gateway-address.ts";
import { openTestPlatform, type TestPlatform } from "../linked-fixture.ts";

/** The response of a platform's gateway to `GET /v1/platform`. */
const NO_SUCH_FUNCTION = {
	type: "about:blank",
	title: "No such function",
	status: 404,
	detail: "No app with this function is deployed here.",
	code: "FUNCTION_NOT_FOUND",
	requestId: "b8b20c8f-fcfa-480d-bcdb-a75934aa9f38",
};
/** A free port of this machine, at which no platform responds. */
const GATEWAY = "http://127.0.0.1:9";

let platform: TestPlatform;
beforeAll(async () => {
	platform = await openTestPlatform();
});
afterAll(() => platform[Symbol.asyncDispose]());

async function explained(error: unknown, expected?: string): Promise<AppError> {
	const fingerprint = expected ?? parseToken(platform.core.token)?.fingerprint ?? "";
	const explanation = await explainGateway(error, GATEWAY, fingerprint, Number(new URL(platform.url).port));
	if (!(explanation instanceof AppError)) throw new Error("no error of Coffer's");
	return explanation;
}

test("an answer of a gateway is recognised, and the error names the control address if the platform is the known one", async () => {
	const error = errorFromProblem(404, NO_SUCH_FUNCTION);
	expect(error).toMatchObject({ code: "PLATFORM_ADDRESS_IS_GATEWAY", exit: 2 });
	const { message, hint } = await explained(error);
	expect(message).toContain(GATEWAY);
	expect(hint).toContain(platform.url);
});

test("another platform's address is not named", async () => {
	const { hint } = await explained(errorFromProblem(404, NO_SUCH_FUNCTION), "A".repeat(22));
	expect(hint).not.toContain(platform.url);
	expect(hint).toContain("coffer platform start");
});

test("any other answer is not changed", async () => {
	const other = errorFromProblem(404, { ...NO_SUCH_FUNCTION, requestId: undefined });
	expect(other.code).toBe("PLATFORM_ANSWER_UNKNOWN");
	expect(await explained(other)).toBe(other);
});
