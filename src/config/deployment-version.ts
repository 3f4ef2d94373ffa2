/** Which version of which worker deployment a process is, from its variables. */
import { type EnvironmentVariables, readVariable, refuse } from './read-variable';
import type { DeploymentVersion } from './types';

/** Temporal refuses a name with a dot or a colon, and both where they begin with `__`; they are part of ids, so no longer than this. */
const NAME = /^(?!__)[A-Za-z0-9_-]{1,100}$/;
const BUILD_ID = /^(?!__)[A-Za-z0-9._+-]{1,100}$/;

/** Null where LONGHAUL_BUILD_ID is not set. Throws ConfigInvalid. */
export const deploymentVersion = (env: EnvironmentVariables): DeploymentVersion | null => {
  const deploymentName = readVariable(env, 'LONGHAUL_DEPLOYMENT_NAME') ?? 'longhaul';
  const buildId = readVariable(env, 'LONGHAUL_BUILD_ID');
  if (!NAME.test(deploymentName))
    throw refuse('LONGHAUL_DEPLOYMENT_NAME', 'letters, digits, "-" and "_"', deploymentName);
  if (buildId === null) return null;
  if (!BUILD_ID.test(buildId)) throw refuse('LONGHAUL_BUILD_ID', 'letters, digits, ".", "-", "_" and "+"', buildId);
  return { deploymentName, buildId };
};
