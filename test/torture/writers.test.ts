import { testTorture } from "./in-short.ts";
import { torture } from "./writers.torture.ts";

testTorture(torture, { seed: 1 });
