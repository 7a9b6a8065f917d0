# frozen_string_literal: true

# Tested with Ruby 3.1 by crates/signet/tests/it/providers.rs. Needs Ruby's own openssl library, 3.0 or later.
require "base64"
require "json"
require "openssl"
require "securerandom"

# Makes the tokens with which a site's backend tells Signet who is signed in. Make one and keep it; it reads the keys once.
class SignetToken
  VISITOR_DATA = %w[address city country email firstName lastName phoneNumber zipCode].freeze
  DAY = 86_400
  # RSA-OAEP-256 (RFC 7518 section 4.3): SHA-256 twice. Left out, openssl takes SHA-1.
  OAEP_256 = { "rsa_padding_mode" => "oaep", "rsa_oaep_md" => "sha256", "rsa_mgf1_md" => "sha256" }.freeze

  # private_key::     yours, PEM: PKCS#8 or traditional, as openssl and `signet keys generate` write it
  # platform_key::    Signet's public key, PEM, from /keys/platform.pem
  # issuer::          `iss`: your site's name, such as https://www.example.com
  # lifetime::        seconds that a token is good for
  # audience::        `aud`: your site id; the strict profile needs it
  # key_id::          `kid` of your key, as registered; the strict profile needs it
  # platform_key_id:: `kid` of Signet's key, from /.well-known/jwks.json; the strict profile needs it
  # claim_prefix::    the project's claim prefix
  # clock::           seconds since 1970, for tests
  def initialize(private_key, platform_key, issuer:, lifetime: 60, audience: nil, key_id: nil, platform_key_id: nil,
                 claim_prefix: "https://iadvize.com/", clock: -> { Time.now.to_i })
    raise ArgumentError, "an issuer is needed" if issuer.to_s.empty?
    raise ArgumentError, "the lifetime is 1 to #{DAY} seconds" unless lifetime.is_a?(Integer) && lifetime.between?(1, DAY)

    @signing_key = OpenSSL::PKey.read(private_key)
    @platform_key = OpenSSL::PKey.read(platform_key)
    @issuer, @lifetime, @audience, @prefix, @clock = issuer, lifetime, audience, claim_prefix, clock
    @inner_header = { alg: "RS256", typ: "visitor+jwt", kid: key_id }.compact
    @outer_header = { alg: "RSA-OAEP-256", enc: "A256GCM", cty: "JWT", kid: platform_key_id }.compact
  end

  # A token for the person who is signed in now. Take the user id from your own checked session, never from the request: 1 to
  # 255 characters, unique, never given to somebody else. Visitor data is shown to agents; nil is left out. Raises
  # ArgumentError for what Signet would refuse.
  def issue(user_id, visitor_data = {})
    unless user_id.is_a?(String) && user_id.length.between?(1, 255) && !user_id.match?(/[[:cntrl:]]/)
      raise ArgumentError, "a user id is a string of 1 to 255 printable characters"
    end

    data = checked(visitor_data)
    issued_at = @clock.call
    claims = {
      "#{@prefix}userId" => user_id,
      "#{@prefix}visitorData" => (data unless data.empty?),
      "iss" => @issuer,
      "aud" => @audience,
      "iat" => issued_at,
      "exp" => issued_at + @lifetime,
      "jti" => SecureRandom.uuid
    }.compact
    content = "#{base64url(JSON.generate(@inner_header))}.#{base64url(JSON.generate(claims))}"
    encrypt("#{content}.#{base64url(@signing_key.sign("SHA256", content))}")
  end

  private

  def encrypt(content)
    header = base64url(JSON.generate(@outer_header))
    cipher = OpenSSL::Cipher.new("aes-256-gcm").encrypt
    content_key = cipher.random_key
    vector = cipher.random_iv
    cipher.auth_data = header
    ciphertext = cipher.update(content) + cipher.final
    encrypted_key = @platform_key.encrypt(content_key, OAEP_256)
    [header, *[encrypted_key, vector, ciphertext, cipher.auth_tag].map { |part| base64url(part) }].join(".")
  end

  def checked(visitor_data)
    data = visitor_data.to_h.transform_keys(&:to_s).compact
    data.each do |name, value|
      raise ArgumentError, "visitorData has no member #{name}" unless VISITOR_DATA.include?(name)
      raise ArgumentError, "#{name} is a string of at most 1,024 characters" unless value.is_a?(String) && value.length <= 1024
    end
  end

  def base64url(bytes)
    Base64.urlsafe_encode64(bytes, padding: false)
  end
end
