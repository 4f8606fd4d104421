import { torture } from "./hostile-clients.torture.ts";
import { testTorture } from "./in-short.ts";

testTorture(torture, { seed: 1, timeoutMs: 300_000 });
