# frozen_string_literal: true

# Makes a token for each case on standard input. See ../README.md for what is read and written.
require_relative "signet_token"

$stdin.read.strip.split("\n\n").each do |text|
  fields = text.split("\n").to_h do |line|
    name, value = line.split(" ", 2)
    [name, Base64.decode64(value.to_s).force_encoding(Encoding::UTF_8)]
  end
  data, fields = fields.partition { |name, _| name.start_with?("data.") }.map(&:to_h)
  options = { issuer: fields["issuer"], audience: fields["audience"], key_id: fields["keyId"], platform_key_id: fields["platformKeyId"] }
  options[:claim_prefix] = fields["claimPrefix"] if fields["claimPrefix"]
  options[:lifetime] = Integer(fields["lifetime"]) if fields["lifetime"]
  options[:clock] = -> { Integer(fields["clock"]) } if fields["clock"]
  begin
    provider = SignetToken.new(fields["privateKey"], fields["platformKey"], **options)
    puts provider.issue(fields["userId"], data.transform_keys { |name| name.delete_prefix("data.") })
  rescue ArgumentError
    puts "refused"
  end
end
