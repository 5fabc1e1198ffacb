-- A first reading that somebody else goes over: signed and unchangeable like every version, and named what it is.
ALTER TYPE "ReportKind" ADD VALUE 'preliminary' BEFORE 'final';
