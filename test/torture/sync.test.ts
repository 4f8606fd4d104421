import { testTorture } from "./in-short.ts";
import { torture } from "./sync.torture.ts";

testTorture(torture, { seed: 1 });
