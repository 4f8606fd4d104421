import { testTorture } from "../in-short.ts";
import { torture } from "./hostile-clients.torture.ts";

testTorture(torture, {
	seed: 1,
	timeoutMs: 300_000,
	plants: ["the status of a function's response is not checked", "a request that is malformed is passed on"],
});
