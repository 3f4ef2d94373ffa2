/** `describe` where a need is met, else skipped with the reason in the name, which scripts/test.mjs prints. */
export const describeWhere = (met: boolean, need: string): ((name: string, body: () => void) => void) =>
  met
    ? (name, body) => {
        describe(name, body);
      }
    : (name, body) => {
        describe.skip(`${name} [needs ${need}]`, body);
      };
