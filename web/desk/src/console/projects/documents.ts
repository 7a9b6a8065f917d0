/** What the page of all projects asks, and how one is made. */
import { graphql, type ResultOf } from "../../graphql/tada";

export const projectsDocument = graphql(`
  query AllProjects($after: String) {
    projects(first: 100, after: $after) {
      nodes {
        projectId
        name
        authenticatedMode
        createdAt
      }
      pageInfo {
        endCursor
        hasNextPage
      }
    }
  }
`);

export const createDocument = graphql(`
  mutation CreateProject($input: ProjectCreateInput!) {
    projectCreate(input: $input) {
      project {
        projectId
      }
      userErrors {
        __typename
        message
        field
        ... on InvalidInputUserError {
          code
        }
      }
    }
  }
`);

export type ProjectsPage = ResultOf<typeof projectsDocument>;
export type ListedProject = ProjectsPage["projects"]["nodes"][number];
